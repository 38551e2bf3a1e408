package io.tidemark.promql;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Which optional parts of the language are on. Immutable.
public record Features(Set<Flag> flags) {
  /// One optional part with the name that Prometheus' `--enable-feature` gives it.
  public enum Flag {
    EXPERIMENTAL_FUNCTIONS("promql-experimental-functions"),
    DURATION_EXPRESSIONS("promql-duration-expr"),
    EXTENDED_RANGE_SELECTORS("promql-extended-range-selectors"),
    BINOP_FILL("promql-binop-fill-modifiers"),
    /// The metric name is dropped at the end of the query, not by each function; for the evaluator.
    DELAYED_NAME_REMOVAL("promql-delayed-name-removal"),
    /// `__type__` and `__unit__` go where the metric name goes; for the evaluator.
    TYPE_AND_UNIT_LABELS("type-and-unit-labels");

    private final String text;

    Flag(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    public static Optional<Flag> named(String text) {
      return EnumSet.allOf(Flag.class).stream().filter(flag -> flag.text.equals(text)).findFirst();
    }
  }

  /// What current Prometheus understands without flags.
  public static final Features STANDARD = new Features(Set.of(Flag.DURATION_EXPRESSIONS));

  /// Everything that changes which queries parse; the evaluator's flags stay off.
  public static final Features ALL_SYNTAX = new Features(
      Set.of(Flag.EXPERIMENTAL_FUNCTIONS, Flag.DURATION_EXPRESSIONS, Flag.EXTENDED_RANGE_SELECTORS, Flag.BINOP_FILL));

  public Features {
    flags = Set.copyOf(flags);
  }

  public static Features of(Collection<Flag> flags) {
    return new Features(Set.copyOf(flags));
  }

  public boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /// These and one more.
  public Features with(Flag flag) {
    var more = EnumSet.of(flag);
    more.addAll(flags);
    return new Features(more);
  }
}
