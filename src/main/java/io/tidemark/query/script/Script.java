package io.tidemark.query.script;

import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.Features.Flag;
import io.tidemark.promql.Printer;
import io.tidemark.promql.PromQL;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.query.script.Command.Eval;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// One script file and its run.
public final class Script {
  private static final long MINUTE = 60_000;
  /// Tags that stand for a feature which some cases need on and others off.
  private static final Map<String, Flag> FLAGS = Map.of("delayed-name-removal", Flag.DELAYED_NAME_REMOVAL,
      "type-unit-labels", Flag.TYPE_AND_UNIT_LABELS);

  private final List<Command> commands;

  private Script(List<Command> commands) {
    this.commands = commands;
  }

  /// How one case went.
  ///
  /// @param failure empty when it passed
  public record Outcome(String name, String tier, String query, Optional<String> failure) {}

  /// Reads a script.
  ///
  /// @param file the file's name without its extension
  public static Script parse(String file, String text) {
    return new Script(ScriptParser.parse(file, text));
  }

  /// Runs all commands in order and tells the outcome of each case of `tiers`.
  ///
  /// @param engines makes an engine over a store with some of the language's features on; each must run on the calling thread
  public void run(Set<String> tiers, BiFunction<ScriptStore, Features, QueryEngine> engines, Consumer<Outcome> outcomes) {
    var store = new ScriptStore();
    for (Command command : commands) {
      switch (command) {
        case Command.Clear _ -> store.clear();
        case Command.Load load -> store.load(load);
        case Eval eval when tiers.contains(eval.tier()) -> {
          Features features = features(eval);
          outcomes.accept(new Outcome(eval.name(), eval.tier(), eval.query(), check(eval, features, engines.apply(store, features))));
        }
        case Eval _ -> {
          // Not asked for.
        }
      }
    }
  }

  private static Features features(Eval eval) {
    Features features = Features.ALL_SYNTAX;
    for (String tag : eval.tags()) {
      features = FLAGS.containsKey(tag) ? features.with(FLAGS.get(tag)) : features;
    }
    return features;
  }

  /// The first thing that is wrong with the engine's answers to `eval`.
  private static Optional<String> check(Eval eval, Features features, QueryEngine engine) {
    Command.Times times = eval.times();
    QueryResult result;
    try {
      result = result(engine.run(request(eval.query(), times)));
    } catch (TidemarkException e) {
      return failure(eval, e.getMessage());
    }
    if (eval.expectation().fail()) {
      return Optional.of("expected a failure, got " + result.value());
    }
    Optional<String> difference = Comparison.notes(eval.expectation(), result);
    if (difference.isPresent()) {
      return difference;
    }
    if (!times.instant()) {
      return Comparison.matrix(eval.expectation(), times, result.value());
    }
    return Comparison.instant(eval.expectation(), result.value()).or(() -> inRangeMode(eval, eval.query(), times.startMillis(), engine))
        .or(() -> pinned(eval, features, engine));
  }

  private static Optional<String> failure(Eval eval, String message) {
    if (!eval.expectation().fail()) {
      return Optional.of("expected an answer, got error: " + message);
    }
    return eval.expectation().failTexts().stream().filter(text -> !text.accepts(message)).findFirst()
        .map(text -> "expected error \"" + text.text() + "\", got \"" + message + "\"");
  }

  /// Asks again at other times, with the original time nailed to every selector.
  private static Optional<String> pinned(Eval eval, Features features, QueryEngine engine) {
    Expr expr = PromQL.parse(eval.query(), features);
    if (!Pinning.applies(expr) || eval.expectation().points().isPresent()) {
      return Optional.empty();
    }
    long at = eval.times().startMillis();
    String query = Printer.print(Pinning.pin(expr, at));
    for (long other : at == 0 ? List.of(-1000L, 0L, 1000L) : List.of(-10 * at, 0L, at / 5, at, 10 * at)) {
      try {
        QueryResult result = result(engine.run(QueryRequest.instant(query, other)));
        Optional<String> difference = Comparison.instant(eval.expectation(), result.value())
            .or(() -> inRangeMode(eval, query, other, engine));
        if (difference.isPresent()) {
          return difference.map(text -> text + " (asked as " + query + " at " + other + " ms)");
        }
      } catch (TidemarkException e) {
        return Optional.of("expected an answer, got error: " + e.getMessage() + " (asked as " + query + " at " + other + " ms)");
      }
    }
    return Optional.empty();
  }

  /// Asks again as a range query around `at`; the middle step must answer the same.
  private static Optional<String> inRangeMode(Eval eval, String query, long at, QueryEngine engine) {
    Command.Expectation expected = eval.expectation();
    boolean unfit = expected.points().isPresent() || expected.string().isPresent() || expected.ordered()
        || List.of("start()", "end()", "range()", "step()").stream().anyMatch(query::contains);
    if (unfit) {
      return Optional.empty();
    }
    try {
      Value value = result(engine.run(QueryRequest.range(query, at - MINUTE, at + MINUTE, MINUTE))).value();
      if (!(value instanceof Value.Matrix matrix)) {
        return Optional.of("expected a matrix in range mode, got " + value);
      }
      List<Value.Element> elements = Comparison.slice(matrix, at);
      Optional<String> difference = expected.scalar().isPresent()
          ? elements.size() == 1 ? Comparison.instant(expected, new Value.Scalar(at, elements.getFirst().value()))
              : Optional.of("expected one point, got " + elements)
          : Comparison.vector(expected, elements);
      return difference.map(text -> text + " (in range mode)");
    } catch (TidemarkException e) {
      return Optional.of("expected an answer in range mode, got error: " + e.getMessage());
    }
  }

  private static QueryRequest request(String query, Command.Times times) {
    return times.instant() ? QueryRequest.instant(query, times.startMillis())
        : QueryRequest.range(query, times.startMillis(), times.endMillis(), times.stepMillis());
  }

  /// The engine runs on this thread, so its future is complete.
  private static QueryResult result(Future<QueryResult> future) {
    if (future.succeeded()) {
      return future.result();
    }
    if (!future.isComplete()) {
      throw new IllegalStateException("the engine of a script must run on the calling thread");
    }
    if (future.cause() instanceof TidemarkException e) {
      throw e;
    }
    throw new IllegalStateException("the engine failed outside of its own errors", future.cause());
  }
}
