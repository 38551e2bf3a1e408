import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const f = await load('src/format.ts');

test('reads and writes PromQL durations', () => {
  const cases = { '15s': 15_000, '1h30m': 5_400_000, '1d': 86_400_000, '1w': 604_800_000, '500ms': 500, '1m30s': 90_000 };
  for (const [text, millis] of Object.entries(cases)) {
    assert.equal(f.parseDuration(text), millis, text);
    assert.equal(f.formatDuration(millis), text);
  }
  assert.equal(f.parseDuration('15'), 15_000);
  assert.equal(f.parseDuration('0.5'), 500);
});

test('refuses what is no duration', () => {
  for (const text of ['', '0', '0s', 'h', '1x', '5m1h', '-5m', '1 h', 'NaN', '<b>']) assert.equal(f.parseDuration(text), undefined, text);
});

test('writes odd weeks as days', () => assert.equal(f.formatDuration(8 * 86_400_000), '8d'));

test('names spans by their two largest units', () => {
  assert.equal(f.formatSpan(0), '0s');
  assert.equal(f.formatSpan(3_725_000), '1h 2m');
  assert.equal(f.formatSpan(86_400_000), '1d');
  assert.equal(f.formatAgo(1000, 1500), 'just now');
  assert.equal(f.formatAgo(0, 65_000), '1m 5s ago');
  assert.equal(f.formatAgo(65_000, 0), 'in 1m 5s');
});

test('knows Go’s zero time as never', () => {
  assert.equal(f.parseTime('0001-01-01T00:00:00Z'), undefined);
  assert.equal(f.parseTime('not a time'), undefined);
  assert.equal(f.parseTime('1970-01-01T00:00:01Z'), 1000);
});

test('reads back the wall time it writes', () => {
  const millis = Date.UTC(2026, 2, 1, 4, 5, 6);
  assert.equal(f.formatTime(millis, true), '2026-03-01 04:05:06');
  for (const utc of [true, false]) assert.equal(f.parseWallTime(f.formatTime(millis, utc), utc), millis);
  assert.equal(f.parseWallTime('2026-03-01T04:05', true), Date.UTC(2026, 2, 1, 4, 5));
  assert.equal(f.parseWallTime('yesterday', true), undefined);
});

test('shows values in few characters', () => {
  const cases = [[0, '0'], [1, '1'], [0.1 + 0.2, '0.3'], [1234, '1234'], [123_456, '123.46k'], [1_234_000, '1.234M'], [-2.5e9, '-2.5G'],
    [3.2e-9, '3.2e-9'], [1e18, '1e+18'], [NaN, 'NaN'], [-Infinity, '-Inf']];
  for (const [value, text] of cases) assert.equal(f.formatValue(value), text);
});

test('gives ticks of one axis one suffix and distinct texts', () => {
  assert.deepEqual(f.formatTicks([0, 500, 1000, 1500]), ['0', '0.5k', '1.0k', '1.5k']);
  assert.deepEqual(f.formatTicks([0, 0.25, 0.5]), ['0', '0.25', '0.50']);
  assert.deepEqual(f.formatTicks([1e6, 2e6]), ['1M', '2M']);
  for (const ticks of [[0.001, 0.0015, 0.002], [1e-7, 2e-7], [1e9, 1.05e9, 1.1e9], [99.96, 99.97, 99.98], [1e20, 1.1e20]]) {
    const texts = f.formatTicks(ticks);
    assert.equal(new Set(texts).size, ticks.length, texts.join(' '));
  }
});
