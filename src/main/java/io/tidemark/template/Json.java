package io.tidemark.template;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Template values as JSON, for `toJson`.
final class Json {
  private Json() {}

  static String print(Object value) {
    String text = text(value);
    if (text.length() > GoPrint.TEXT_CHARS_MAX) {
      throw new TemplateFailure("a text of more than " + GoPrint.TEXT_CHARS_MAX + " characters");
    }
    return text;
  }

  private static String text(Object value) {
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
      case List<?> list -> "[" + joined(list.stream().map(Json::print).iterator()) + "]";
      case GoTime time -> quoted(time.format("2006-01-02T15:04:05.999999999Z07:00"));
      default -> quoted(GoPrint.print(value));
    };
  }

  private static String object(Map<?, ?> map) {
    var entries = GoPrint.sorted(map).entrySet().stream().map(e -> quoted(e.getKey()) + ":" + print(e.getValue())).iterator();
    return "{" + joined(entries) + "}";
  }

  private static String joined(Iterator<String> parts) {
    var out = new StringBuilder();
    while (parts.hasNext()) {
      out.append(out.isEmpty() ? "" : ",").append(parts.next());
      GoPrint.check(out);
    }
    return out.toString();
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
