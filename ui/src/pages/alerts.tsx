// What is wrong right now: firing first, then what is about to fire, then the rules that are quiet.

import { useState } from 'preact/hooks';
import { api, type Alert, type Rule } from '../api';
import { formatDuration, formatTime, formatValue, parseTime, plural } from '../format';
import { safeLink } from '../links';
import { Choices, matches, SearchBox } from '../parts/filter';
import { Empty, Failure, Loading } from '../parts/notice';
import { Ago, ExprLink, LabelList, State, type Tone } from '../parts/text';
import { usePolled } from '../poll';
import { useSettings } from '../settings';

const REFRESH_MILLIS = 5000;
const ALERTS_SHOWN = 100;

type Stage = 'firing' | 'pending' | 'inactive';
type Grouping = 'state' | 'severity' | 'group';

interface Item { rule: Rule; group: string; file: string; stage: Stage; severity: string; alerts: Alert[] }

const STAGES: Stage[] = ['firing', 'pending', 'inactive'];
const TONES: Record<Stage, Tone> = { firing: 'bad', pending: 'warn', inactive: 'good' };
const ANNOTATIONS_FIRST = ['summary', 'message', 'description', 'runbook_url', 'runbook', 'dashboard'];
const SEVERITIES = ['critical', 'page', 'error', 'high', 'warning', 'medium', 'low', 'info', 'none'];

const stageOf = (rule: Rule): Stage => (rule.state === 'firing' || rule.state === 'pending' ? rule.state : 'inactive');
const title = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const severityRank = (severity: string) => {
  const at = SEVERITIES.indexOf(severity);
  return at < 0 ? SEVERITIES.length : at;
};

const wordsOf = ({ rule, group, severity, alerts }: Item) => [
  rule.name, group, severity, rule.query, ...alerts.flatMap((alert) => Object.values(alert.labels)),
];

function sectionOf(item: Item, grouping: Grouping): string {
  switch (grouping) {
    case 'state': return title(item.stage);
    case 'severity': return `Severity ${item.severity}`;
    case 'group': return `${item.group} · ${item.file}`;
  }
}

export function AlertsPage() {
  const { data, error } = usePolled(api.alertRules, REFRESH_MILLIS);
  const [stage, setStage] = useState<Stage | 'all'>('all');
  const [grouping, setGrouping] = useState<Grouping>('state');
  const [needle, setNeedle] = useState('');
  // What the reader opened or closed by hand; other rules follow their state.
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());

  const items: Item[] = (data?.groups ?? []).flatMap((group) =>
    group.rules
      .filter((rule) => rule.type === 'alerting')
      .map((rule) => ({
        rule,
        group: group.name,
        file: group.file,
        stage: stageOf(rule),
        severity: rule.labels?.severity ?? rule.alerts?.[0]?.labels.severity ?? 'none',
        alerts: [...(rule.alerts ?? [])].sort((a, b) => (a.state === b.state ? 0 : a.state === 'firing' ? -1 : 1)),
      })),
  );
  const counts = Object.fromEntries(STAGES.map((each) => [each, items.filter((item) => item.stage === each).length]));
  const found = items
    .filter((item) => stage === 'all' || item.stage === stage)
    .filter((item) => !needle || matches(needle, ...wordsOf(item)))
    .sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || severityRank(a.severity) - severityRank(b.severity));
  const sections = new Map<string, Item[]>();
  for (const item of found) {
    const name = sectionOf(item, grouping);
    sections.set(name, [...(sections.get(name) ?? []), item]);
  }
  const ordered = [...sections];
  if (grouping === 'severity') ordered.sort(([, a], [, b]) => severityRank(a[0]!.severity) - severityRank(b[0]!.severity));

  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
        <Choices
          label="State"
          value={stage}
          onChange={setStage}
          choices={[
            { value: 'all', label: 'All', count: items.length },
            ...STAGES.map((each) => ({ value: each, label: <State tone={TONES[each]} text={title(each)} />, count: counts[each] })),
          ]}
        />
        <label class="field labelled">
          <span>Group by</span>
          <select value={grouping} onChange={(event) => setGrouping(event.currentTarget.value as Grouping)}>
            <option value="state">State</option>
            <option value="severity">Severity</option>
            <option value="group">Rule group</option>
          </select>
        </label>
        <SearchBox label="Filter by name, label or query" value={needle} onChange={setNeedle} />
      </div>
      {error && <Failure error={error} stale={data !== undefined} />}
      {!data && !error && <Loading />}
      {data && items.length === 0 && (
        <Empty title="No alerting rules are loaded">
          <p>Write rules in Prometheus' form, name the file under <code>rule_files</code> in <code>tidemark.yml</code> and reload.</p>
        </Empty>
      )}
      {items.length > 0 && found.length === 0 && (
        <Empty title={needle ? 'No alert matches the filter' : `No alert is ${stage}`}>
          <p><button type="button" class="link" onClick={() => { setNeedle(''); setStage('all'); }}>Show all alerts</button></p>
        </Empty>
      )}
      {ordered.map(([name, members]) => (
        <section key={name} class="group">
          <h2>{name} <span class="count">{members.length}</span></h2>
          <div class="card rows">
            {members.map((item) => {
              const key = `${item.file}\n${item.group}\n${item.rule.name}\n${item.rule.query}`;
              const open = opened.get(key) ?? item.stage === 'firing';
              return <AlertItem key={key} item={item} open={open} onToggle={() => setOpened(new Map(opened).set(key, !open))} />;
            })}
          </div>
        </section>
      ))}
    </>
  );
}

function AlertItem({ item, open, onToggle }: { item: Item; open: boolean; onToggle(): void }) {
  const { rule, alerts, stage } = item;
  const oldest = alerts.map((alert) => alert.activeAt ?? '').filter(Boolean).sort()[0];
  return (
    <article class={`alert ${stage}`}>
      <h3>
        <button type="button" class="alert-head" aria-expanded={open} onClick={onToggle}>
          <svg class="chevron" viewBox="0 0 16 16" aria-hidden="true"><path d="M6 3.5 10.5 8 6 12.5" /></svg>
          <span class="alert-line">
            <State tone={TONES[stage]} text={title(stage)} />
            <span class="alert-name">{rule.name}</span>
            {item.severity !== 'none' && <span class={`tag sev-${severityRank(item.severity) < 4 ? 'high' : 'low'}`}>{item.severity}</span>}
            <span class="alert-side">
              {alerts.length > 0 && <span>{plural(alerts.length, 'alert')}</span>}
              {oldest && <span>since <Ago time={oldest} /></span>}
              <span class="muted">{item.group}</span>
            </span>
          </span>
        </button>
      </h3>
      {open && (
        <div class="alert-body">
          <dl class="facts">
            <div class="wide"><dt>Expression</dt><dd><ExprLink expr={rule.query} /></dd></div>
            {!!rule.duration && <div><dt>For</dt><dd>{formatDuration(rule.duration * 1000)}</dd></div>}
            {!!rule.keepFiringFor && <div><dt>Keep firing for</dt><dd>{formatDuration(rule.keepFiringFor * 1000)}</dd></div>}
            <div><dt>Last evaluation</dt><dd><Ago time={rule.lastEvaluation} /></dd></div>
            {rule.lastError && <div class="wide"><dt>Error</dt><dd class="bad-text">{rule.lastError}</dd></div>}
          </dl>
          {alerts.length === 0 && <Annotations annotations={rule.annotations ?? {}} />}
          {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
            <div key={JSON.stringify(alert.labels)} class="instance">
              <div class="instance-head">
                <State tone={alert.state === 'firing' ? 'bad' : 'warn'} text={title(alert.state)} />
                <span>since <Ago time={alert.activeAt} /> <Absolute time={alert.activeAt} /></span>
                <span>value <b class="mono">{formatValue(Number(alert.value))}</b></span>
              </div>
              <LabelList labels={alert.labels} without={['alertname']} />
              <Annotations annotations={alert.annotations} />
            </div>
          ))}
          {alerts.length > ALERTS_SHOWN && (
            <p class="more">Showing {ALERTS_SHOWN} of {plural(alerts.length, 'alert')}; the expression leads to all of them.</p>
          )}
        </div>
      )}
    </article>
  );
}

function Absolute({ time }: { time?: string }) {
  const { utc } = useSettings();
  const millis = parseTime(time);
  return millis === undefined ? null : <span class="muted">({formatTime(millis, utc)})</span>;
}

/** Texts as texts; an address becomes a link only if it is http or https. */
function Annotations({ annotations }: { annotations: Record<string, string> }) {
  const rank = (key: string) => (ANNOTATIONS_FIRST.includes(key) ? ANNOTATIONS_FIRST.indexOf(key) : ANNOTATIONS_FIRST.length);
  const entries = Object.entries(annotations).sort(([a], [b]) => rank(a) - rank(b));
  if (entries.length === 0) return null;
  return (
    <dl class="annotations">
      {entries.map(([key, text]) => {
        const link = safeLink(text);
        return (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{link ? <a href={link} target="_blank" rel="noopener noreferrer">{text}</a> : text}</dd>
          </div>
        );
      })}
    </dl>
  );
}
