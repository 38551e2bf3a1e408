// Who brings how many series, against which budgets, and what is refused just now; parts of the status page.

import type { BudgetRow, Budgets, Quarantined } from '../api';
import { formatCount, plural } from '../format';
import { Notice } from '../parts/notice';
import { Ago, State } from '../parts/text';

/** @param atMillis when the answer came, by the browser's clock, which need not agree with the server's */
export function BudgetParts({ budgets, atMillis }: { budgets: Budgets; atMillis: number }) {
  const skewMillis = atMillis - budgets.now;
  const over = budgets.quarantined;
  return (
    <>
      {over.length > 0 && (
        <Notice kind="warning" title={`New series of ${plural(over.length, 'account')} are refused`}>
          <ul>{over.map((each) => <Offender key={whose(each)} offender={each} skewMillis={skewMillis} />)}</ul>
        </Notice>
      )}
      <section class="group" data-test="budgets">
        <h2>
          Series by owner{' '}
          <span class={`count ${over.length > 0 ? 'bad' : ''}`}>
            {formatCount(budgets.node.active)} active of {limit(budgets.node)}
          </span>
        </h2>
        <Rows rows={budgets.services} title="Service" name={(row) => row.service ?? ''} />
        <Rows rows={budgets.metrics} title="Metric" name={(row) => row.metric ?? ''} />
        <Rows rows={budgets.labels} title="Label" name={(row) => row.label ?? ''} />
      </section>
    </>
  );
}

const limit = ({ budget }: { budget: number | null }) => (budget === null ? 'any number' : formatCount(budget));

function whose({ kind, service, metric, label }: Quarantined): string {
  if (kind === 'node') return 'this node';
  return [`service ${service}`, metric && `metric ${metric}`, label && `label ${label}`].filter(Boolean).join(', ');
}

function Offender({ offender, skewMillis }: { offender: Quarantined; skewMillis: number }) {
  const { kind, active, refusedSamples, refusedSeries, since, example } = offender;
  return (
    <li>
      <b>{whose(offender)}</b>: {formatCount(active)} {kind === 'label' ? 'values' : 'series'} of {limit(offender)} since{' '}
      <Ago time={since + skewMillis} />; {formatCount(refusedSamples)} samples refused
      {refusedSeries !== null && `, of about ${formatCount(refusedSeries)} series`}, such as <code class="wrap">{example}</code>
    </li>
  );
}

function Rows({ rows, title, name }: { rows: BudgetRow[]; title: string; name(row: BudgetRow): string }) {
  if (rows.length === 0) return null;
  const isService = title === 'Service';
  const isLabel = title === 'Label';
  return (
    <div class="card scroll">
      <table class="stackable fixed">
        <thead>
          <tr>
            <th class="w-state">State</th>
            <th class="w-name">{title}</th>
            {!isService && <th>{isLabel ? 'Metric of a service' : 'Service'}</th>}
            <th class="number w-calls">{isLabel ? 'Values' : 'Series'}</th>
            <th class="number w-calls">New in the hour</th>
            <th class="number w-calls">New in the day</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.service} ${row.metric} ${row.label}`}>
              <td data-label="State"><BudgetState row={row} /></td>
              <td data-label={title} class="wrap">
                <div class="mono">{name(row)}</div>
                {row.widestLabel && <div class="muted small">most values: {row.widestLabel}</div>}
                {row.unused && <div class="muted small">no query or rule asks for it</div>}
              </td>
              {!isService && <td data-label="Of" class="wrap">{isLabel ? `${row.metric} of ${row.service}` : row.service}</td>}
              <td data-label={isLabel ? 'Values' : 'Series'} class="number">
                {formatCount(row.active)} <span class="muted">of {limit(row)}</span>
              </td>
              <td data-label="New in the hour" class="number">{row.newInHour === undefined ? '–' : formatCount(row.newInHour)}</td>
              <td data-label="New in the day" class="number">{row.newInDay === undefined ? '–' : formatCount(row.newInDay)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BudgetState({ row: { state } }: { row: BudgetRow }) {
  switch (state) {
    case 'over': return <State tone="bad" text="over budget" />;
    case 'near': return <State tone="warn" text="near budget" />;
    case 'ok': return <State tone="good" text="within budget" />;
  }
}
