package io.tidemark.promql;

import io.tidemark.promql.grammar.PromQLParser;
import java.util.ArrayDeque;
import java.util.Deque;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ErrorNode;
import org.antlr.v4.runtime.tree.ParseTreeListener;
import org.antlr.v4.runtime.tree.TerminalNode;

/// Stops a parse before its tree, and so the stack of everybody who walks it, becomes too deep. Chains of operators count as well:
/// `a or b or c` is a tree of three levels.
final class DepthLimit implements ParseTreeListener {
  private final Fault fault;
  /// For each open rule how many operators its chain has so far, plus one.
  private final Deque<Integer> chains = new ArrayDeque<>();
  private int depth;
  private int lastChain;

  DepthLimit(Fault fault) {
    this.fault = fault;
  }

  /// A further operator of a chain closes the rule and opens it again around what is there, which is then its first child.
  @Override
  public void enterEveryRule(ParserRuleContext context) {
    if (!counts(context)) {
      return;
    }
    int chain = context.getChildCount() == 0 ? 1 : lastChain + 1;
    chains.push(chain);
    depth += chain;
    if (depth > PromQL.DEPTH_MAX) {
      throw fault.at(context.getStart().getStartIndex(), "expression nests more than " + PromQL.DEPTH_MAX
          + " levels deep; split it into several expressions or recording rules");
    }
  }

  @Override
  public void exitEveryRule(ParserRuleContext context) {
    if (counts(context)) {
      lastChain = chains.pop();
      depth -= lastChain;
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
