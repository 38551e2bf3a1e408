package io.tidemark.template;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Values as Go's `fmt.Print` shows them, and the names Go gives to their types.
final class GoPrint {
  private GoPrint() {}

  /// `%v` of `value`.
  static String print(Object value) {
    return switch (value) {
      case Double number -> GoNumbers.print(number);
      case TemplateObject object when !(object instanceof List<?>) -> object.toString();
      case List<?> list -> list.stream().map(GoPrint::print).collect(Collectors.joining(" ", "[", "]"));
      case Map<?, ?> map -> sorted(map).entrySet().stream().map(e -> e.getKey() + ":" + print(e.getValue()))
          .collect(Collectors.joining(" ", "map[", "]"));
      default -> value.toString();
    };
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
    }
    return out.toString();
  }

  private static boolean isText(Object value) {
    return value instanceof String || value instanceof SafeText;
  }
}
