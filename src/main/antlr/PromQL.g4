// PromQL of Prometheus 3.x.
//
// Source: https://prometheus.io/docs/prometheus/latest/querying/basics/.
// Tokens come from io.tidemark.promql.Scanner: what a word is depends on whether it stands in braces, in brackets or outside,
// and the texts of lexical errors are part of the contract. Alternatives of `expr` are ordered from tight to loose.
grammar PromQL;

tokens {
  ERROR, IDENTIFIER, METRIC_IDENTIFIER, NUMBER, DURATION, STRING,
  LEFT_BRACE, RIGHT_BRACE, LEFT_BRACKET, RIGHT_BRACKET, LEFT_PAREN, RIGHT_PAREN, COMMA, COLON, EQL,
  ADD, SUB, MUL, DIV, MOD, POW, ATAN2, EQLC, NEQ, LTE, LSS, GTE, GTR, TRIM_UPPER, TRIM_LOWER, EQL_REGEX, NEQ_REGEX,
  LAND, LOR, LUNLESS, AT,
  SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR, TOPK, BOTTOMK, COUNT_VALUES, QUANTILE, LIMITK, LIMIT_RATIO,
  OFFSET, SMOOTHED, ANCHORED, BY, WITHOUT, ON, IGNORING, GROUP_LEFT, GROUP_RIGHT, FILL, FILL_LEFT, FILL_RIGHT, BOOL,
  START, END, STEP, RANGE, MIN_OF, MAX_OF
}

expression : expr EOF ;

selector : vectorSelector EOF ;

expr
  : <assoc = right> expr op=POW modifiers expr                                                      # binary
  | op=(ADD | SUB) expr                                                                             # unary
  | expr op=(MUL | DIV | MOD | ATAN2) modifiers expr                                                # binary
  | expr op=(ADD | SUB) modifiers expr                                                              # binary
  | expr op=(EQLC | NEQ | LTE | LSS | GTE | GTR | TRIM_UPPER | TRIM_LOWER) modifiers expr           # binary
  | expr op=(LAND | LUNLESS) modifiers expr                                                         # binary
  | expr op=LOR modifiers expr                                                                      # binary
  | operand suffix*                                                                                 # suffixed
  ;

modifiers : BOOL? (matching=(ON | IGNORING) groupingLabels group?)? fill* ;

// Parentheses behind group_left and group_right are always its labels, never the right operand.
group : side=(GROUP_LEFT | GROUP_RIGHT) ({_input.LA(1) == LEFT_PAREN}? groupingLabels | {_input.LA(1) != LEFT_PAREN}?) ;

fill : kind=(FILL | FILL_LEFT | FILL_RIGHT) LEFT_PAREN signedNumber RIGHT_PAREN ;

operand
  : aggregation
  | call
  | paren
  | number
  | string
  | vectorSelector
  ;

paren : LEFT_PAREN expr RIGHT_PAREN ;

number : NUMBER | DURATION ;

signedNumber : sign=(ADD | SUB)? number ;

string : STRING ;

aggregation : aggregator (grouping arguments | arguments grouping?) ;

grouping : kind=(BY | WITHOUT) groupingLabels ;

groupingLabels : LEFT_PAREN (label (COMMA label)* COMMA?)? RIGHT_PAREN ;

call : callee arguments ;

callee : IDENTIFIER | START | END | STEP | RANGE | MIN_OF | MAX_OF ;

arguments : LEFT_PAREN (expr (COMMA expr)* trailing=COMMA?)? RIGHT_PAREN ;

suffix
  : LEFT_BRACKET range=durationExpr (COLON step=durationExpr?)? RIGHT_BRACKET   # bracket
  | OFFSET offsetDuration                                                       # offset
  | AT (signedNumber | edge=(START | END) LEFT_PAREN RIGHT_PAREN)               # at
  | kind=(ANCHORED | SMOOTHED)                                                  # extension
  ;

durationExpr
  : <assoc = right> durationExpr op=POW durationExpr                                    # durationBinary
  | op=(ADD | SUB) durationExpr                                                         # durationUnary
  | durationExpr op=(MUL | DIV | MOD) durationExpr                                      # durationBinary
  | durationExpr op=(ADD | SUB) durationExpr                                            # durationBinary
  | durationAtom                                                                        # durationPlain
  ;

durationAtom
  : LEFT_PAREN durationExpr RIGHT_PAREN                                                 # durationParen
  | word=(STEP | RANGE) LEFT_PAREN RIGHT_PAREN                                          # durationWord
  | word=(MIN_OF | MAX_OF) LEFT_PAREN durationExpr COMMA durationExpr RIGHT_PAREN       # durationExtremum
  | number                                                                              # durationNumber
  ;

// An offset ends behind its first operand: `x offset -2 ^ 2` is `(x offset -2) ^ 2`.
offsetDuration : signs+=(ADD | SUB)* durationAtom ;

vectorSelector : metricName matchers? | matchers ;

matchers : LEFT_BRACE (matcher (COMMA matcher)* COMMA?)? RIGHT_BRACE ;

matcher
  : name=IDENTIFIER op=(EQL | NEQ | EQL_REGEX | NEQ_REGEX) value=STRING
  | quoted=STRING (op=(EQL | NEQ | EQL_REGEX | NEQ_REGEX) value=STRING)?
  ;

aggregator
  : SUM | AVG | COUNT | MIN | MAX | GROUP | STDDEV | STDVAR | TOPK | BOTTOMK | COUNT_VALUES | QUANTILE | LIMITK | LIMIT_RATIO
  ;

metricName
  : IDENTIFIER | METRIC_IDENTIFIER | aggregator
  | BY | WITHOUT | OFFSET | LAND | LOR | LUNLESS | START | END | STEP | RANGE | MIN_OF | MAX_OF | ANCHORED | SMOOTHED
  ;

label
  : IDENTIFIER | METRIC_IDENTIFIER | STRING | aggregator
  | BY | WITHOUT | OFFSET | LAND | LOR | LUNLESS | START | END | STEP | RANGE | MIN_OF | MAX_OF | ANCHORED | SMOOTHED
  | BOOL | ON | IGNORING | GROUP_LEFT | GROUP_RIGHT | FILL | FILL_LEFT | FILL_RIGHT | ATAN2
  ;
