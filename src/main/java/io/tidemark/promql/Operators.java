package io.tidemark.promql;

import io.tidemark.model.Matcher;
import io.tidemark.promql.grammar.PromQLParser;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which token stands for which operator.
final class Operators {
  private static final Map<Integer, BinaryOp> BINARY = Map.ofEntries(
      Map.entry(PromQLParser.ADD, BinaryOp.ADD), Map.entry(PromQLParser.SUB, BinaryOp.SUB), Map.entry(PromQLParser.MUL, BinaryOp.MUL),
      Map.entry(PromQLParser.DIV, BinaryOp.DIV), Map.entry(PromQLParser.MOD, BinaryOp.MOD), Map.entry(PromQLParser.POW, BinaryOp.POW),
      Map.entry(PromQLParser.ATAN2, BinaryOp.ATAN2), Map.entry(PromQLParser.EQLC, BinaryOp.EQ), Map.entry(PromQLParser.NEQ, BinaryOp.NE),
      Map.entry(PromQLParser.LTE, BinaryOp.LE), Map.entry(PromQLParser.LSS, BinaryOp.LT), Map.entry(PromQLParser.GTE, BinaryOp.GE),
      Map.entry(PromQLParser.GTR, BinaryOp.GT), Map.entry(PromQLParser.LAND, BinaryOp.AND), Map.entry(PromQLParser.LOR, BinaryOp.OR),
      Map.entry(PromQLParser.LUNLESS, BinaryOp.UNLESS), Map.entry(PromQLParser.TRIM_UPPER, BinaryOp.TRIM_UPPER),
      Map.entry(PromQLParser.TRIM_LOWER, BinaryOp.TRIM_LOWER));
  private static final Map<Integer, Matcher.Op> MATCH = Map.of(PromQLParser.EQL, Matcher.Op.EQUAL, PromQLParser.NEQ, Matcher.Op.NOT_EQUAL,
      PromQLParser.EQL_REGEX, Matcher.Op.MATCH, PromQLParser.NEQ_REGEX, Matcher.Op.NOT_MATCH);

  private Operators() {}

  static BinaryOp binary(int token) {
    return known(BINARY.get(token), token);
  }

  static Matcher.Op match(int token) {
    return known(MATCH.get(token), token);
  }

  private static <T> T known(@Nullable T op, int token) {
    if (op == null) {
      throw new IllegalStateException("token " + PromQLParser.VOCABULARY.getSymbolicName(token) + " is no operator of this kind");
    }
    return op;
  }
}
