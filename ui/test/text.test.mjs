import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { safeLink } = await load('src/links.ts');
const { tokens } = await load('src/promql.ts');

test('links only http and https', () => {
  assert.equal(safeLink('https://runbooks.example.com/a?b=c'), 'https://runbooks.example.com/a?b=c');
  assert.equal(safeLink(' http://host/x '), 'http://host/x');
  for (const text of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', '\tjavascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//host/x', '/x', 'x', '', undefined, 'https://', 'java\nscript:alert(1)']) {
    assert.equal(safeLink(text), undefined, String(text));
  }
});

test('keeps every character of an expression', () => {
  for (const expr of ['sum by (job) (rate(http_requests_total{code=~"5..", a!="x\\"y"}[5m] offset 1h)) > 1e9 # note', 'a:b:c', '"unclosed', 'é{🙂="x"}', '1 + 0x1F\n', '']) {
    assert.equal(tokens(expr).map((token) => token.text).join(''), expr);
  }
});

test('tells functions, labels and keywords apart', () => {
  const kinds = Object.fromEntries(tokens('sum by (job) (rate(x{a="b"}[5m]))').map((token) => [token.text, token.kind]));
  assert.deepEqual([kinds.sum, kinds.by, kinds.rate, kinds.x, kinds.a, kinds['"b"'], kinds['5m']],
    ['keyword', 'keyword', 'function', 'name', 'label', 'string', 'number']);
});
