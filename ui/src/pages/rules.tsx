// Every rule group with its health: what it computes, when it last ran, how long that took, what went wrong.

import { useState } from 'preact/hooks';
import { api, type Rule, type RuleGroup } from '../api';
import { formatDuration, formatElapsed, parseTime, plural } from '../format';
import { Choices, matches, SearchBox } from '../parts/filter';
import { Empty, Failure, Loading } from '../parts/notice';
import { Ago, ExprLink, LabelList, State, type Tone } from '../parts/text';
import { usePolled } from '../poll';

const REFRESH_MILLIS = 10_000;

type Kind = 'all' | 'alerting' | 'recording' | 'failing';

const healthTone = (health: string): Tone => (health === 'ok' ? 'good' : health === 'err' ? 'bad' : 'idle');
const healthText = (health: string) => ({ ok: 'OK', err: 'Error', unknown: 'Not yet run' })[health] ?? health;
const isKind = (rule: Rule, kind: Kind) => kind === 'all' || (kind === 'failing' ? rule.health === 'err' : rule.type === kind);

export function RulesPage() {
  const { data, error } = usePolled(api.rules, REFRESH_MILLIS);
  const [kind, setKind] = useState<Kind>('all');
  const [needle, setNeedle] = useState('');
  const groups = data?.groups ?? [];
  const rules = groups.flatMap((group) => group.rules);
  const count = (each: Kind) => rules.filter((rule) => isKind(rule, each)).length;
  const found = groups
    .map((group) => ({
      group,
      rules: group.rules
        .filter((rule) => isKind(rule, kind))
        .filter((rule) => !needle || matches(needle, rule.name, rule.query, group.name, group.file)),
    }))
    .filter((each) => each.rules.length > 0);

  return (
    <>
      <div class="page-head">
        <h1>Rules</h1>
        <Choices
          label="Kind"
          value={kind}
          onChange={setKind}
          choices={[
            { value: 'all', label: 'All', count: rules.length },
            { value: 'alerting', label: 'Alerting', count: count('alerting') },
            { value: 'recording', label: 'Recording', count: count('recording') },
            { value: 'failing', label: 'Failing', count: count('failing') },
          ]}
        />
        <SearchBox label="Filter by name, query or file" value={needle} onChange={setNeedle} />
      </div>
      {error && <Failure error={error} stale={data !== undefined} />}
      {!data && !error && <Loading />}
      {data && rules.length === 0 && (
        <Empty title="No rules are loaded">
          <p>Write recording and alerting rules in Prometheus' form, name the file under <code>rule_files</code> in <code>tidemark.yml</code> and reload.</p>
        </Empty>
      )}
      {rules.length > 0 && found.length === 0 && (
        <Empty title={kind === 'failing' && !needle ? 'No rule is failing' : 'No rule matches the filter'}>
          <p><button type="button" class="link" onClick={() => { setNeedle(''); setKind('all'); }}>Show all rules</button></p>
        </Empty>
      )}
      {found.map((each) => <Group key={`${each.group.file}\n${each.group.name}`} group={each.group} rules={each.rules} />)}
    </>
  );
}

function Group({ group, rules }: { group: RuleGroup; rules: Rule[] }) {
  const last = parseTime(group.lastEvaluation) ?? latest(group.rules);
  const took = group.evaluationTime ?? group.rules.reduce((sum, rule) => sum + (rule.evaluationTime || 0), 0);
  const overdue = took > group.interval;
  return (
    <section class="group">
      <h2>{group.name} <span class="count">{plural(rules.length, 'rule')}</span></h2>
      <p class="group-facts">
        <span>every <b>{formatDuration(group.interval * 1000)}</b></span>
        <span>last run <b><Ago time={last} /></b></span>
        <span class={overdue ? 'bad-text' : ''}>took <b>{formatElapsed(took * 1000)}</b>{overdue && ', longer than its interval'}</span>
        <span class="muted mono">{group.file}</span>
      </p>
      <div class="card scroll">
        <table class="stackable fixed">
          <thead>
            <tr>
              <th class="w-state">Health</th>
              <th class="w-name">Rule</th>
              <th>Expression</th>
              <th class="number w-time">Last run</th>
              <th class="number w-took">Took</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule, i) => (
              <tr key={i}>
                <td data-label="Health"><State tone={healthTone(rule.health)} text={healthText(rule.health)} /></td>
                <td data-label="Rule" class="wrap">
                  <b>{rule.name}</b>
                  <div class="muted">
                    {rule.type}
                    {!!rule.duration && `, for ${formatDuration(rule.duration * 1000)}`}
                    {rule.type === 'alerting' && rule.state && rule.state !== 'inactive' && `, ${rule.state}`}
                  </div>
                  {rule.labels && Object.keys(rule.labels).length > 0 && <LabelList labels={rule.labels} />}
                </td>
                <td data-label="Expression" class="wrap">
                  <ExprLink expr={rule.query} />
                  {rule.lastError && <div class="bad-text">{rule.lastError}</div>}
                </td>
                <td data-label="Last run" class="number"><Ago time={rule.lastEvaluation} /></td>
                <td data-label="Took" class="number">{formatElapsed(rule.evaluationTime * 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function latest(rules: Rule[]): number | undefined {
  const times = rules.map((rule) => parseTime(rule.lastEvaluation)).filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : undefined;
}
