// A tokenizer just good enough to colour expressions that are only read (rules, alerts). The editor has the real grammar, but that
// weighs more than these pages together.

export type TokenKind = 'keyword' | 'function' | 'name' | 'label' | 'string' | 'number' | 'comment' | 'plain';
export interface Token { kind: TokenKind; text: string }

const KEYWORDS = new Set(
  ('by without on ignoring group_left group_right offset bool and or unless atan2 sum avg min max count count_values group stddev ' +
    'stdvar topk bottomk quantile limitk limit_ratio start end').split(' '),
);
const PATTERN =
  /(#[^\n]*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|((?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+|0x[\da-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|([a-z_:][\w:.]*)|(\s+|.)/giy;

export function tokens(expr: string): Token[] {
  const found: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let match = PATTERN.exec(expr); match; match = PATTERN.exec(expr)) {
    const [text, comment, string, number, word] = match;
    const rest = expr.slice(PATTERN.lastIndex);
    let kind: TokenKind = 'plain';
    if (comment) kind = 'comment';
    else if (string) kind = 'string';
    else if (number) kind = 'number';
    else if (word) {
      if (KEYWORDS.has(word.toLowerCase())) kind = 'keyword';
      else if (/^\s*\(/.test(rest)) kind = 'function';
      else if (/^\s*(=~|!~|!=|=(?!=))/.test(rest)) kind = 'label';
      else kind = 'name';
    }
    const last = found.at(-1);
    if (kind === 'plain' && last?.kind === 'plain') last.text += text;
    else found.push({ kind, text });
  }
  return found;
}
