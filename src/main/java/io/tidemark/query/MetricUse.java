package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.PromQL;
import io.tidemark.regex.Regex;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// Which metrics queries and rules of this process have asked for, and when last.
///
/// A selector counts for the metric that it names, or for all whose names its matchers take; one without a matcher on the name counts for
/// none. A walk over the tree a query; times are kept to the minute. Bounded: what no longer fits makes {@link #isWhole} false, since then
/// nothing can be called unused. Safe on any thread.
public final class MetricUse {
  /// For so long a use is remembered.
  public static final long REMEMBERED_MILLIS = 30 * 86_400_000L;
  private static final int NAMES_MAX = 50_000;
  private static final int PATTERNS_MAX = 1_000;
  private static final long MINUTE_MILLIS = 60_000;

  private final Clock clock;
  private final Map<String, Long> names = new ConcurrentHashMap<>();
  private final Map<Pattern, Long> patterns = new ConcurrentHashMap<>();
  private volatile long sinceMillis;
  /// When something did not fit last; 0 for never.
  private volatile long lackingMillis;
  private volatile boolean paused;

  /// Matchers on a name, of which the texts are the identity.
  private record Pattern(List<Matcher> matchers) {
    Predicate<String> compiled() {
      Predicate<String> all = _ -> true;
      for (Matcher matcher : matchers) {
        Predicate<String> one = matcher.op().isRegex() ? Regex.compile(matcher.value())::matches : matcher.value()::equals;
        all = all.and(matcher.op().isNegative() ? one.negate() : one);
      }
      return all;
    }
  }

  MetricUse(Clock clock, Metrics metrics) {
    this.clock = clock;
    sinceMillis = clock.millis();
    metrics.gauge("tidemark_query_metrics_used", "Metric names that queries or rules have asked for in the last 30 days.", names::size);
    metrics.gauge("tidemark_query_metrics_used_max", "Bound of these names.", () -> NAMES_MAX);
  }

  /// While paused nothing is noted: for queries that the process sends to itself.
  public void pause(boolean isPaused) {
    paused = isPaused;
  }

  /// Notes what a query reads.
  void note(Expr expr) {
    if (!paused) {
      note(expr, clock.millis() / MINUTE_MILLIS * MINUTE_MILLIS);
    }
  }

  private void note(Expr expr, long atMillis) {
    switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> { }
      case Expr.VectorSelector selector -> note(selector.matchers(), atMillis);
      case Expr.MatrixSelector matrix -> note(matrix.selector().matchers(), atMillis);
      case Expr.Subquery subquery -> note(subquery.expr(), atMillis);
      case Expr.Unary unary -> note(unary.operand(), atMillis);
      case Expr.Binary binary -> {
        note(binary.left(), atMillis);
        note(binary.right(), atMillis);
      }
      case Expr.Aggregation aggregation -> {
        aggregation.parameter().ifPresent(parameter -> note(parameter, atMillis));
        note(aggregation.expr(), atMillis);
      }
      case Expr.Call call -> call.arguments().forEach(argument -> note(argument, atMillis));
      case Expr.Paren paren -> note(paren.expr(), atMillis);
    }
  }

  private void note(List<Matcher> matchers, long atMillis) {
    List<Matcher> ofName = matchers.stream().filter(matcher -> matcher.name().equals(LabelSet.NAME)).toList();
    if (ofName.size() == 1 && ofName.getFirst().op() == Matcher.Op.EQUAL) {
      keep(names, ofName.getFirst().value(), NAMES_MAX, atMillis);
    } else if (ofName.stream().anyMatch(matcher -> !matcher.op().isNegative())) {
      keep(patterns, new Pattern(ofName), PATTERNS_MAX, atMillis);
    }
  }

  private <T> void keep(Map<T, Long> uses, T key, int max, long atMillis) {
    Long known = uses.get(key);
    if (known != null && known >= atMillis) {
      return;
    }
    if (known == null && uses.size() >= max) {
      uses.values().removeIf(used -> used < atMillis - REMEMBERED_MILLIS);
      if (uses.size() >= max) {
        lackingMillis = atMillis;
        return;
      }
    }
    uses.merge(key, atMillis, Math::max);
  }

  /// What was asked for at one moment.
  public final class Look {
    private final List<Map.Entry<Predicate<String>, Long>> compiled =
        patterns.entrySet().stream().map(entry -> Map.entry(entry.getKey().compiled(), entry.getValue())).toList();

    /// When a metric was last asked for, if it was in the last 30 days.
    public OptionalLong lastMillis(String metric) {
      long last = names.getOrDefault(metric, 0L);
      for (var pattern : compiled) {
        if (pattern.getValue() > last && pattern.getKey().test(metric)) {
          last = pattern.getValue();
        }
      }
      return last > clock.millis() - REMEMBERED_MILLIS ? OptionalLong.of(last) : OptionalLong.empty();
    }

    /// Whether it is known not to have been asked for in the last 30 days, or since counting began.
    public boolean isUnused(String metric) {
      return isWhole() && lastMillis(metric).isEmpty();
    }
  }

  /// For many questions at once.
  public Look look() {
    return new Look();
  }

  /// When counting began, over restarts; at most the last 30 days count.
  public long sinceMillis() {
    return sinceMillis;
  }

  private boolean isWhole() {
    return lackingMillis < clock.millis() - REMEMBERED_MILLIS;
  }

  /// All of it as lines: `since MILLIS`, then `MILLIS SELECTOR` for each name or pattern.
  public String print() {
    var out = new StringBuilder().append("since ").append(sinceMillis).append('\n');
    if (lackingMillis > 0) {
      out.append("lacking ").append(lackingMillis).append('\n');
    }
    names.forEach((name, at) -> line(out, at, List.of(Matcher.equal(LabelSet.NAME, name))));
    patterns.forEach((pattern, at) -> line(out, at, pattern.matchers()));
    return out.toString();
  }

  private static void line(StringBuilder out, long at, List<Matcher> matchers) {
    out.append(at).append(" {").append(String.join(",", matchers.stream().map(Matcher::toString).toList())).append("}\n");
  }

  /// Adds what {@link #print} gave, of an earlier process.
  ///
  /// @throws TidemarkException `BAD_DATA` with the number of the line that cannot be read
  public void read(String text) {
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      int space = line.indexOf(' ');
      try {
        String first = line.substring(0, Math.max(0, space));
        switch (first) {
          case "since" -> sinceMillis = Math.min(sinceMillis, Long.parseLong(line.substring(space + 1)));
          case "lacking" -> lackingMillis = Long.parseLong(line.substring(space + 1));
          default -> note(PromQL.parseSelector(line.substring(space + 1)), Long.parseLong(first));
        }
      } catch (NumberFormatException | TidemarkException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "line " + number + ": " + e.getMessage(), e);
      }
    }
  }
}
