package io.tidemark.template;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Values as Go's `fmt.Print` shows them, and the names Go gives to their types.
final class GoPrint {
  /// Longest text that any value or function makes. Lists may hold one text many times, so that this is checked while printing.
  static final int TEXT_CHARS_MAX = 1 << 20;

  private GoPrint() {}

  /// `%v` of `value`.
  static String print(Object value) {
    if (value instanceof String text) {
      return text;
    }
    var out = new StringBuilder();
    print(out, value);
    return out.toString();
  }

  private static void print(StringBuilder out, Object value) {
    switch (value) {
      case Double number -> out.append(GoNumbers.print(number));
      case TemplateObject object when !(object instanceof List<?>) -> out.append(object);
      case List<?> list -> {
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
          print(out.append(i > 0 ? " " : ""), list.get(i));
        }
        out.append(']');
      }
      case Map<?, ?> map -> {
        out.append("map[");
        boolean first = true;
        for (var entry : sorted(map).entrySet()) {
          print(out.append(first ? "" : " ").append(entry.getKey()).append(':'), entry.getValue());
          first = false;
        }
        out.append(']');
      }
      default -> out.append(value);
    }
    check(out);
  }

  /// Fails the rendering when `out` has become too long.
  static void check(StringBuilder out) {
    if (out.length() > TEXT_CHARS_MAX) {
      throw new TemplateFailure("a text of more than " + TEXT_CHARS_MAX + " characters");
    }
  }

  /// The entries in the order in which Go prints and ranges over them.
  static TreeMap<String, Object> sorted(Map<?, ?> map) {
    var sorted = new TreeMap<String, Object>();
    map.forEach((key, value) -> sorted.put(String.valueOf(key), value));
    return sorted;
  }

  /// Go's name of the value's type, for messages and `%T`.
  static String typeName(Object value) {
    return switch (value) {
      case String _ -> "string";
      case SafeText _ -> "template.HTML";
      case Long _ -> "int";
      case Double _ -> "float64";
      case Boolean _ -> "bool";
      case Nil _ -> "<nil>";
      case TemplateObject object -> object.typeName();
      case List<?> _ -> "[]interface {}";
      case Map<?, ?> _ -> "map[string]interface {}";
      case TemplateFunction _ -> "func";
      default -> value.getClass().getSimpleName();
    };
  }

  /// Go's `fmt.Sprint`: a space between neighbours when neither is a text.
  static String sprint(List<Object> values) {
    var out = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      if (i > 0 && !isText(values.get(i)) && !isText(values.get(i - 1))) {
        out.append(' ');
      }
      out.append(print(values.get(i)));
      check(out);
    }
    return out.toString();
  }

  /// Go's `fmt.Sprintln` or `strings.Join`: `separator` between all neighbours.
  static String joined(List<?> values, String separator) {
    var out = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      out.append(i > 0 ? separator : "").append(print(values.get(i)));
      check(out);
    }
    return out.toString();
  }

  private static boolean isText(Object value) {
    return value instanceof String || value instanceof SafeText;
  }
}
