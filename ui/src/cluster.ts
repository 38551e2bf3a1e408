// What the answer of /v1/cluster means for a person: which shard is in which state, what comes first. Pure.

import type { Cluster, Node, Shard, System } from './api';
import { formatCount, plural } from './format';
import type { Tone } from './parts/text';

/** A storage node that is this many records behind the log is said to be behind; in flight there are always some. */
export const LAG_RECORDS_MAX = 1000;

interface Saying { tone: Tone; word: string }

// Worst first: lists and summaries follow this order.
const SHARD_STATES = {
  unowned: { tone: 'bad', word: 'No owner' },
  away: { tone: 'bad', word: 'Owner gone' },
  silent: { tone: 'warn', word: 'Owner silent' },
  behind: { tone: 'warn', word: 'Behind' },
  unknown: { tone: 'idle', word: 'Lag not known' },
  fresh: { tone: 'good', word: 'Caught up' },
} as const satisfies Record<string, Saying>;

export type ShardState = keyof typeof SHARD_STATES;

const CIRCUITS = {
  open: { tone: 'bad', word: 'Open', meaning: 'calls fail at once' },
  'half-open': { tone: 'warn', word: 'Half open', meaning: 'one call probes it' },
  closed: { tone: 'good', word: 'Closed', meaning: '' },
  embedded: { tone: 'idle', word: 'Embedded', meaning: '' },
} as const;

const PRESENCES = {
  gone: { tone: 'bad', word: 'Gone' },
  silent: { tone: 'warn', word: 'Silent' },
  live: { tone: 'good', word: 'Live' },
} as const;

const CONCERNS: Record<string, string> = {
  log: 'ingest log',
  spool: 'ingest log while Kafka is away',
  state: 'alert state, leases, cache',
  catalog: 'rules, silences, audit',
  objects: 'cold blocks',
  peer: 'reads from a storage node',
};

export interface Cell {
  shard: number;
  state: ShardState;
  end: number | null;
  /** Empty without an owner. */
  node: string;
  applied?: number;
  lag?: number | null;
}

export interface ReplicaSet { number: number; cells: Cell[] }

export const saying = (state: ShardState): Saying => SHARD_STATES[state];
export const circuit = (system: System) => CIRCUITS[system.circuit ?? 'embedded'];
export const presence = (node: Node) => PRESENCES[node.presence];
export const concern = (system: System) => CONCERNS[system.concern] ?? system.concern;

/** Every replica set that there should be or is, with a cell for each shard. */
export function replicaSets(cluster: Cluster): ReplicaSet[] {
  const present = new Map(cluster.nodes.map((node) => [node.id, node.presence]));
  const owned = cluster.shards.flatMap((shard) => shard.owners.map((owner) => owner.replicaSet + 1));
  const count = Math.max(cluster.self.replicaSets, ...owned);
  return Array.from({ length: count }, (_, number) => ({
    number,
    cells: cluster.shards.map((shard) => cell(shard, number, present)),
  }));
}

function cell({ shard, end, owners }: Shard, replicaSet: number, present: Map<string, Node['presence']>): Cell {
  const owner = owners.find((each) => each.replicaSet === replicaSet);
  if (!owner) return { shard, end, node: '', state: 'unowned' };
  const { node, applied, lag } = owner;
  return { shard, end, node, applied, lag, state: stateOf(present.get(node), lag) };
}

function stateOf(present: Node['presence'] | undefined, lag: number | null): ShardState {
  if (present === undefined || present === 'gone') return 'away';
  if (present === 'silent') return 'silent';
  if (lag === null) return 'unknown';
  return lag > LAG_RECORDS_MAX ? 'behind' : 'fresh';
}

/** How many cells are in each state that occurs, worst first. */
export function tally(cells: Cell[]): [ShardState, number][] {
  const counts = new Map<ShardState, number>();
  for (const each of cells) counts.set(each.state, (counts.get(each.state) ?? 0) + 1);
  return (Object.keys(SHARD_STATES) as ShardState[]).flatMap((state) => (counts.has(state) ? [[state, counts.get(state)!] as [ShardState, number]] : []));
}

/** All about one cell in a sentence, for its name and for the line below the grid. */
export function cellText(cell: Cell): string {
  const parts = [`Shard ${cell.shard}: ${saying(cell.state).word.toLowerCase()}`];
  if (cell.node) parts.push(cell.node);
  if (cell.applied !== undefined) parts.push(cell.end === null ? `applied ${formatCount(cell.applied)}` : `applied ${formatCount(cell.applied)} of ${formatCount(cell.end)}`);
  if (cell.lag) parts.push(`${plural(cell.lag, 'record')} behind`);
  return parts.join(' · ');
}

/** Shards that no replica set answers for completely: what a query will miss. */
export function unanswered(sets: ReplicaSet[]): number[] {
  const shards = sets[0]?.cells.map((each) => each.shard) ?? [];
  return shards.filter((_, i) => sets.every((set) => saying(set.cells[i]!.state).tone === 'bad'));
}

const rank = <T extends object>(order: T, key: keyof T) => Object.keys(order).indexOf(String(key));

/** What is broken comes first: it is why the page is open. */
export const bySystem = (a: System, b: System) =>
  rank(CIRCUITS, a.circuit ?? 'embedded') - rank(CIRCUITS, b.circuit ?? 'embedded') || a.name.localeCompare(b.name);
export const byNode = (a: Node, b: Node) =>
  rank(PRESENCES, a.presence) - rank(PRESENCES, b.presence) || a.id.localeCompare(b.id);
