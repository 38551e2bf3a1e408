package io.tidemark.template;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Template values as JSON, for `toJson`.
final class Json {
  private Json() {}

  static String print(Object value) {
    return switch (value) {
      case Nil _ -> "null";
      case Boolean flag -> flag.toString();
      case Long number -> number.toString();
      case GoDuration duration -> Long.toString(duration.nanos());
      case Double number -> {
        if (!Double.isFinite(number)) {
          throw new TemplateFailure("error calling toJson: unsupported value: " + GoNumbers.print(number));
        }
        yield GoNumbers.plain(number);
      }
      case KeyValues pairs -> object(pairs.pairs());
      case Map<?, ?> map -> object(map);
      case List<?> list -> list.stream().map(Json::print).collect(Collectors.joining(",", "[", "]"));
      case GoTime time -> quoted(time.format("2006-01-02T15:04:05.999999999Z07:00"));
      default -> quoted(GoPrint.print(value));
    };
  }

  private static String object(Map<?, ?> map) {
    return GoPrint.sorted(map).entrySet().stream().map(e -> quoted(e.getKey()) + ":" + print(e.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String quoted(String text) {
    var out = new StringBuilder("\"");
    text.chars().forEach(c -> {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
            out.append(String.format(Locale.ROOT, "\\u%04x", c));
          } else {
            out.append((char) c);
          }
        }
      }
    });
    return out.append('"').toString();
  }
}
