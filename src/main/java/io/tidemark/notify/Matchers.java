package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.regex.Regex;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Matchers that must all hold, compiled; sorted by name, value and kind as Alertmanager sorts them, so that the printed form is a
/// stable key. A label that is missing has the empty value. Immutable, any thread.
public final class Matchers {
  private static final Comparator<Matcher> ORDER =
      Comparator.comparing(Matcher::name).thenComparing(Matcher::value).thenComparing(Matcher::op);
  private static final Logger LOG = LoggerFactory.getLogger(Matchers.class);
  public static final Matchers NONE = of(List.of());

  private record Compiled(Matcher matcher, Predicate<String> test) {}

  private final List<Compiled> all;

  private Matchers(List<Compiled> all) {
    this.all = all;
  }

  /// Compiles `matchers`.
  ///
  /// @throws TidemarkException `BAD_DATA` for a pattern that is not RE2
  public static Matchers of(List<Matcher> matchers) {
    return new Matchers(matchers.stream().sorted(ORDER).map(m -> new Compiled(m, test(m))).toList());
  }

  /// Parses Alertmanager's text form, e.g. `severity="critical"` or `{team=~"a|b", "dotted.name"!=x}`.
  ///
  /// @throws TidemarkException `BAD_DATA` that names the character where the text goes wrong
  public static Matchers parse(String text) {
    return of(new MatcherParser(text).all());
  }

  /// Parses what people wrote for Alertmanager, as it does: a text that {@link #parse} refuses is read in the classic syntax, and a
  /// warning tells how to write it. Not for texts that were printed by this class.
  ///
  /// @param place where it stands, for the warning, such as `line 7`
  /// @throws TidemarkException `BAD_DATA` for a text in neither syntax, with what {@link #parse} says, or a pattern that is not RE2
  static Matchers parseOrClassic(String text, String place) {
    List<Matcher> utf8;
    try {
      utf8 = new MatcherParser(text).all();
    } catch (TidemarkException e) {
      Matchers classic = of(ClassicMatcherParser.parse(text).orElseThrow(() -> e));
      LOG.warn("matchers read in the classic syntax, write them as suggested place=\"{}\" matchers=`{}` reason=\"{}\" suggestion=`{}`",
          place, text, e.getMessage(), classic);
      return classic;
    }
    return of(utf8);
  }

  private static Predicate<String> test(Matcher matcher) {
    return switch (matcher.op()) {
      case EQUAL -> matcher.value()::equals;
      case NOT_EQUAL -> value -> !value.equals(matcher.value());
      case MATCH -> regex(matcher)::matches;
      case NOT_MATCH -> {
        Regex regex = regex(matcher);
        yield value -> !regex.matches(value);
      }
    };
  }

  private static Regex regex(Matcher matcher) {
    try {
      return Regex.compile(matcher.value());
    } catch (TidemarkException e) {
      throw new TidemarkException(e.code(), "matcher `" + matcher + "`: " + e.getMessage(), e);
    }
  }

  public boolean matches(LabelSet labels) {
    for (Compiled one : all) {
      if (!one.test.test(labels.value(one.matcher.name()))) {
        return false;
      }
    }
    return true;
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /// Whether some matcher refuses the empty value; matchers that all accept it would match every alert.
  public boolean refusesSomething() {
    return all.stream().anyMatch(one -> !one.test.test(""));
  }

  public List<Matcher> list() {
    return all.stream().map(Compiled::matcher).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Matchers that && list().equals(that.list());
  }

  @Override
  public int hashCode() {
    return list().hashCode();
  }

  /// As they stand in Alertmanager's group keys: a name is quoted only when its text parser needs it, not for UTF-8 or dots. PagerDuty
  /// and others know an incident by a hash of that key. Source: Alertmanager's `labels.Matcher.String`.
  String key() {
    return all.stream().map(one -> key(one.matcher)).collect(Collectors.joining(",", "{", "}"));
  }

  private static String key(Matcher matcher) {
    var out = new StringBuilder();
    if (matcher.name().chars().anyMatch(MatcherParser::isReserved)) {
      LabelSet.quote(out, matcher.name());
      LabelSet.quote(out.append(matcher.op().text()), matcher.value());
      return out.toString();
    }
    String value = matcher.value().replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
    return out.append(matcher.name()).append(matcher.op().text()).append('"').append(value).append('"').toString();
  }

  /// `{a="b",c=~"d"}`, names quoted unless they are plain: what {@link #parse} and PromQL read.
  @Override
  public String toString() {
    return all.stream().map(one -> one.matcher.toString()).collect(Collectors.joining(",", "{", "}"));
  }
}
