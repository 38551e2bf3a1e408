import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from './load.mjs';

const c = await load('src/cluster.ts');
// Written by the server's own test, see ClusterRoutesTest.
const trouble = JSON.parse(readFileSync(new URL('cluster.json', import.meta.url), 'utf8'));

const node = (id, presence = 'live') => ({ id, presence });
const owner = (replicaSet, name, lag = 0) => ({ replicaSet, node: name, applied: 100, lag });
const cluster = (replicaSets, nodes, ...shards) => ({
  self: { replicaSets },
  nodes,
  shards: shards.map((owners, shard) => ({ shard, end: 100, owners })),
});
const states = (sets) => sets.map((set) => set.cells.map((cell) => cell.state));

test('tells the state of each shard in each replica set', () => {
  const sets = c.replicaSets(
    cluster(2, [node('a'), node('b', 'gone'), node('c', 'silent')],
      [owner(0, 'a'), owner(1, 'b')],
      [owner(0, 'a', 1000), owner(1, 'c')],
      [owner(0, 'a', 1001)],
      [owner(0, 'a', null), owner(1, 'nobody knows')]));
  assert.deepEqual(states(sets), [['fresh', 'fresh', 'behind', 'unknown'], ['away', 'silent', 'unowned', 'away']]);
});

test('shows a replica set that nobody serves, and one that should not be there', () => {
  assert.deepEqual(states(c.replicaSets(cluster(3, [node('a')], [owner(0, 'a')]))), [['fresh'], ['unowned'], ['unowned']]);
  assert.deepEqual(states(c.replicaSets(cluster(1, [node('a')], [owner(1, 'a')]))), [['unowned'], ['fresh']]);
  assert.deepEqual(states(c.replicaSets(cluster(1, []))), [[]]);
});

test('names the shards that nobody answers for', () => {
  const nodes = [node('a'), node('b', 'gone')];
  assert.deepEqual(c.unanswered(c.replicaSets(cluster(2, nodes, [owner(0, 'a')], [], [owner(0, 'b')], [owner(1, 'a', 9999)]))), [1, 2]);
  assert.deepEqual(c.unanswered(c.replicaSets(trouble)), []);
});

test('counts states, worst first', () => {
  const [first, second, third] = c.replicaSets(trouble);
  assert.deepEqual(c.tally(first.cells), [['unknown', 1], ['fresh', 47]]);
  assert.deepEqual(c.tally(second.cells), [['unowned', 16], ['behind', 8], ['fresh', 24]]);
  assert.deepEqual(c.tally(third.cells), [['silent', 24], ['fresh', 24]]);
});

test('puts what is broken first', () => {
  assert.deepEqual([...trouble.systems].sort(c.bySystem).map((system) => system.name),
    ['peer storage-1b', 'redis', 's3', 'kafka', 'peer storage-0a', 'postgres', 'spool']);
  assert.deepEqual([...trouble.nodes].sort(c.byNode).slice(0, 3).map((each) => each.id), ['storage-1b', 'storage-2b', 'api-1']);
});

test('every state has a word of its own, every circuit a tone too', () => {
  const words = ['fresh', 'unknown', 'behind', 'silent', 'away', 'unowned'].map((state) => c.saying(state));
  assert.equal(new Set(words.map((each) => each.word)).size, words.length);
  const circuits = ['open', 'half-open', 'closed', undefined].map((circuit) => c.circuit({ circuit }));
  assert.equal(new Set(circuits.map((each) => each.tone)).size, 4);
  assert.equal(new Set(circuits.map((each) => each.word)).size, 4);
});

test('tells a cell in one line', () => {
  const sets = c.replicaSets(trouble);
  assert.equal(c.cellText(sets[1].cells[3]), 'Shard 3: behind · storage-1a · applied 72,108 of 84,111 · 12,003 records behind');
  assert.equal(c.cellText(sets[1].cells[17]), 'Shard 17: no owner');
  assert.equal(c.cellText(sets[0].cells[47]), 'Shard 47: lag not known · storage-0b · applied 0');
  assert.equal(c.cellText(sets[0].cells[0]), 'Shard 0: caught up · storage-0a · applied 84,000 of 84,000');
});
