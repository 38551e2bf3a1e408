// Outside systems, nodes and shards as one process knows them; parts of the status page.

import { useRef, useState } from 'preact/hooks';
import type { Cluster, Lease, Node, System } from '../api';
import {
  byNode, bySystem, cellText, circuit, concern, LAG_RECORDS_MAX, presence, replicaSets, saying, tally, unanswered, type Cell, type ReplicaSet,
} from '../cluster';
import { formatCount, plural } from '../format';
import { Notice } from '../parts/notice';
import { Ago, Shape, State } from '../parts/text';

const SHARDS_SHOWN = 500;
const SHARDS_NAMED = 20;

/** @param atMillis when the answer came, by the browser's clock, which need not agree with the server's */
export function ClusterParts({ cluster, atMillis }: { cluster: Cluster; atMillis: number }) {
  const skewMillis = atMillis - cluster.now;
  const { self } = cluster;
  const sets = replicaSets(cluster);
  const missing = unanswered(sets);
  return (
    <>
      {missing.length > 0 && (
        <Notice kind="error" title={`${plural(missing.length, 'shard')} without a live owner`}>
          Until a node takes over, answers leave out what is in {missing.length === 1 ? 'shard' : 'shards'} {missing.slice(0, SHARDS_NAMED).join(', ')}
          {missing.length > SHARDS_NAMED && ` and ${missing.length - SHARDS_NAMED} more`}.
        </Notice>
      )}
      {self.trouble && (
        <Notice kind="warning" title="The registry of nodes does not answer">
          Nodes and shards are as they were known <Ago time={self.knownAt + skewMillis} />: {self.trouble}
        </Notice>
      )}
      <Systems systems={cluster.systems} skewMillis={skewMillis} />
      <Nodes nodes={cluster.nodes} selfId={self.id} skewMillis={skewMillis} />
      <Shards sets={sets} />
      <Leases count={cluster.leases.count} held={cluster.leases.held} skewMillis={skewMillis} />
    </>
  );
}

function Systems({ systems, skewMillis }: { systems: System[]; skewMillis: number }) {
  const outside = systems.filter((system) => system.circuit);
  const away = outside.filter((system) => system.circuit !== 'closed').length;
  return (
    <section class="group" data-test="systems">
      <h2>
        Outside systems{' '}
        <span class={`count ${away > 0 ? 'bad' : ''}`}>
          {outside.length === 0 ? 'none in use' : away > 0 ? `${away} of ${outside.length} away` : `all ${outside.length} answer`}
        </span>
      </h2>
      <div class="card scroll">
        <table class="stackable fixed">
          <thead>
            <tr>
              <th class="w-circuit">Circuit</th>
              <th class="w-system">System</th>
              <th>Address</th>
              {outside.length > 0 && (
                <>
                  <th class="w-since">Since</th>
                  <th class="number w-calls">Failed calls</th>
                  <th class="w-name">Last failure</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {[...systems].sort(bySystem).map((system) => (
              <tr key={`${system.concern} ${system.name} ${system.address}`}>
                <td data-label="Circuit"><Circuit system={system} /></td>
                <td data-label="System" class="wrap">
                  <div>{system.name}</div>
                  <div class="muted small">{concern(system)}</div>
                </td>
                <td data-label="Address" class="wrap"><span class="mono">{system.address.split(',').join(', ') || '–'}</span></td>
                {outside.length > 0 && (
                  <>
                    <td data-label="Since">{system.since === undefined ? '–' : <Ago time={system.since + skewMillis} />}</td>
                    <td data-label="Failed calls" class="number"><FailedCalls system={system} /></td>
                    <td data-label="Last failure" class="wrap"><LastFailure system={system} skewMillis={skewMillis} /></td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Circuit({ system }: { system: System }) {
  const { tone, word, meaning } = circuit(system);
  return (
    <div>
      <State tone={tone} text={word} />
      {meaning && <div class="muted small">{meaning}</div>}
    </div>
  );
}

function FailedCalls({ system: { attempts, failures = 0, refused = 0 } }: { system: System }) {
  if (attempts === undefined) return <>–</>;
  return (
    <span>
      {formatCount(failures)} <span class="muted">of {formatCount(attempts)}</span>
      {refused > 0 && <div class="muted small">{formatCount(refused)} not made</div>}
    </span>
  );
}

function LastFailure({ system: { circuit: state, lastFailure, lastFailureAt }, skewMillis }: { system: System; skewMillis: number }) {
  if (!lastFailureAt) return <span class="muted">{state ? 'none' : '–'}</span>;
  return (
    <div>
      <span class={state === 'closed' ? '' : 'bad-text'}>{lastFailure}</span>{' '}
      <span class="muted small nowrap"><Ago time={lastFailureAt + skewMillis} /></span>
    </div>
  );
}

function Nodes({ nodes, selfId, skewMillis }: { nodes: Node[]; selfId: string; skewMillis: number }) {
  const live = nodes.filter((node) => node.presence === 'live').length;
  return (
    <section class="group" data-test="nodes">
      <h2>Nodes <span class={`count ${live < nodes.length ? 'bad' : ''}`}>{live} of {nodes.length} live</span></h2>
      <div class="card scroll">
        <table class="stackable fixed">
          <thead>
            <tr>
              <th class="w-state">State</th>
              <th class="w-name">Node</th>
              <th>Roles</th>
              <th class="number w-few">Replica set</th>
              <th class="number w-few">Shards</th>
              <th class="number w-took">Lag</th>
              <th class="number w-time">Last heard</th>
              <th class="number w-time">Started</th>
            </tr>
          </thead>
          <tbody>
            {[...nodes].sort(byNode).map((node) => {
              const { tone, word } = presence(node);
              return (
                <tr key={node.id}>
                  <td data-label="State"><State tone={tone} text={word} /></td>
                  <td data-label="Node" class="wrap">
                    <div>{node.id} {node.id === selfId && <span class="tag">this node</span>}</div>
                    <div class="muted small"><span class="mono">{node.address}</span> · {node.version}</div>
                  </td>
                  <td data-label="Roles" class="wrap">{node.roles.join(', ')}</td>
                  <td data-label="Replica set" class="number">{node.replicaSet ?? '–'}</td>
                  <td data-label="Shards" class="number">{node.replicaSet === null ? '–' : formatCount(node.shards)}</td>
                  <td data-label="Lag" class="number"><Lag node={node} /></td>
                  <td data-label="Last heard" class="number">{node.id === selfId ? 'now' : <Ago time={node.heardAt + skewMillis} />}</td>
                  <td data-label="Started" class="number"><Ago time={node.startedAt + skewMillis} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Records that wait in the log, over all shards of the node. */
function Lag({ node: { replicaSet, shards, lag } }: { node: Node }) {
  if (replicaSet === null || shards === 0) return <>–</>;
  if (lag === null) return <span class="muted">not known</span>;
  return lag > LAG_RECORDS_MAX ? <State tone="warn" text={formatCount(lag)} /> : <>{formatCount(lag)}</>;
}

function Shards({ sets }: { sets: ReplicaSet[] }) {
  const [limit, setLimit] = useState(SHARDS_SHOWN);
  const [tabular, setTabular] = useState(false);
  const count = sets[0]?.cells.length ?? 0;
  if (count === 0) return null;
  const shown = sets.map((set) => ({ ...set, cells: set.cells.slice(0, limit) }));
  return (
    <section class="group" data-test="shards">
      <h2>Shards <span class="count">{formatCount(count)}{sets.length > 1 && ` × ${plural(sets.length, 'replica set')}`}</span></h2>
      <div class="card">
        {shown.map((set, i) => <Grid key={set.number} set={set} all={sets[i]!.cells} alone={sets.length === 1} hint={i === 0} />)}
        <details class="fold" onToggle={(event) => setTabular(event.currentTarget.open)}>
          <summary>Shards as a table</summary>
          {tabular && <ShardTable sets={shown} />}
        </details>
      </div>
      {count > limit && (
        <p class="more">
          Showing {formatCount(limit)} of {formatCount(count)} shards. <button type="button" class="link" onClick={() => setLimit(count)}>Show all</button>
        </p>
      )}
    </section>
  );
}

/** One cell a shard. Tab reaches the grid, arrow keys walk it; the cell under the focus or the mouse is told in full below. */
function Grid({ set, all, alone, hint }: { set: ReplicaSet; all: Cell[]; alone: boolean; hint: boolean }) {
  const [at, setAt] = useState(0);
  const [told, setTold] = useState<number>();
  const grid = useRef<HTMLDivElement>(null);
  const { cells } = set;
  const reached = Math.min(at, cells.length - 1);
  const title = alone ? 'All shards' : `Replica set ${set.number}`;

  const walk = (event: KeyboardEvent) => {
    const buttons = [...(grid.current?.children ?? [])] as HTMLElement[];
    const top = buttons[0]?.offsetTop;
    const next = step(event.key, reached, cells.length, buttons.filter((button) => button.offsetTop === top).length);
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
    buttons[next]?.focus();
  };

  const shownCell = told === undefined ? undefined : cells[told];
  return (
    <div class="shard-set">
      <div class="shard-head">
        <h3>{title}</h3>
        <ul class="tally" aria-label={`${title}: shards by state`}>
          {tally(all).map(([state, n]) => (
            <li key={state}><State tone={saying(state).tone} text={`${formatCount(n)} ${saying(state).word.toLowerCase()}`} /></li>
          ))}
        </ul>
      </div>
      <div class="cells" role="group" aria-label={`${title}, arrow keys move`} ref={grid} onKeyDown={walk} onMouseLeave={() => setTold(undefined)}>
        {cells.map((cell, i) => (
          <button
            key={cell.shard}
            type="button"
            class={`cell ${saying(cell.state).tone} ${cell.state}`}
            tabIndex={i === reached ? 0 : -1}
            aria-label={cellText(cell)}
            onFocus={() => { setAt(i); setTold(i); }}
            onBlur={() => setTold(undefined)}
            onMouseEnter={() => setTold(i)}
          >
            <Shape tone={saying(cell.state).tone} />{cell.shard}
          </button>
        ))}
      </div>
      <p class="cell-text muted" aria-hidden="true">{shownCell ? cellText(shownCell) : hint ? 'Point at a shard, or walk with the arrow keys, to see its owner and positions.' : '\u00a0'}</p>
    </div>
  );
}

function step(key: string, at: number, count: number, columns: number): number | undefined {
  switch (key) {
    case 'ArrowLeft': return Math.max(0, at - 1);
    case 'ArrowRight': return Math.min(count - 1, at + 1);
    case 'ArrowUp': return at - columns >= 0 ? at - columns : at;
    case 'ArrowDown': return at + columns < count ? at + columns : at;
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return undefined;
  }
}

function ShardTable({ sets }: { sets: ReplicaSet[] }) {
  return (
    <div class="scroll">
      <table class="shard-table">
        <thead>
          <tr>
            <th scope="col" class="number">Shard</th>
            <th scope="col" class="number">Log end</th>
            {sets.map((set) => <th key={set.number} scope="col">{sets.length === 1 ? 'Owner' : `Replica set ${set.number}`}</th>)}
          </tr>
        </thead>
        <tbody>
          {sets[0]!.cells.map((first, i) => (
            <tr key={first.shard}>
              <th scope="row" class="number">{first.shard}</th>
              <td class="number">{first.end === null ? 'not known' : formatCount(first.end)}</td>
              {sets.map((set) => {
                const cell = set.cells[i]!;
                return (
                  <td key={set.number}>
                    <State tone={saying(cell.state).tone} text={saying(cell.state).word} />
                    {cell.node && <div class="muted small">{cell.node}, applied {formatCount(cell.applied ?? 0)}{cell.lag ? `, lag ${formatCount(cell.lag)}` : ''}</div>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Leases({ count, held, skewMillis }: { count: number; held: Lease[]; skewMillis: number }) {
  if (count === 0) return null;
  return (
    <section class="group" data-test="leases">
      <h2>Done by this node alone <span class="count">{plural(count, 'lease')}</span></h2>
      <details class="card fold">
        <summary>{count > held.length ? `The first ${formatCount(held.length)}` : 'What it holds'}</summary>
        <dl class="pairs">
          {held.map((lease) => (
            <div key={lease.name}>
              <dt class="mono">{lease.name}</dt>
              <dd>gained <Ago time={lease.since + skewMillis} />, token {lease.token}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
