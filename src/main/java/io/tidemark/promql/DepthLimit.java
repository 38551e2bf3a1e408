package io.tidemark.promql;

import io.tidemark.promql.grammar.PromQLParser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ErrorNode;
import org.antlr.v4.runtime.tree.ParseTreeListener;
import org.antlr.v4.runtime.tree.TerminalNode;

/// Stops a parse before its tree, and so the stack of everybody who walks it, becomes too deep. Chains of operators count as well:
/// `a or b or c` is a tree of three levels.
final class DepthLimit implements ParseTreeListener {
  private final Fault fault;
  private int depth;

  DepthLimit(Fault fault) {
    this.fault = fault;
  }

  @Override
  public void enterEveryRule(ParserRuleContext context) {
    if (counts(context) && ++depth > PromQL.DEPTH_MAX) {
      throw fault.at(context.getStart().getStartIndex(), "expression nests more than " + PromQL.DEPTH_MAX
          + " levels deep; split it into several expressions or recording rules");
    }
  }

  @Override
  public void exitEveryRule(ParserRuleContext context) {
    if (counts(context)) {
      depth--;
    }
  }

  /// By the rule, since a context changes its class while its alternative is found out.
  private static boolean counts(ParserRuleContext context) {
    return context.getRuleIndex() == PromQLParser.RULE_expr || context.getRuleIndex() == PromQLParser.RULE_durationExpr;
  }

  @Override
  public void visitTerminal(TerminalNode node) {}

  @Override
  public void visitErrorNode(ErrorNode node) {}
}
