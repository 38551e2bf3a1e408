package io.tidemark.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The functions that Go's `text/template` has by itself, except `and` and `or`, which do not evaluate all their operands.
final class Builtins {
  static final Set<String> NAMES = Set.of("and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print",
      "printf", "println", "html", "js", "urlquery", "call");

  private Builtins() {}

  static Object apply(String name, Call call, RenderOptions.MissingKey missing) {
    List<Object> arguments = call.all();
    switch (name) {
      case "print" -> {
        return GoPrint.sprint(arguments);
      }
      case "println" -> {
        return GoPrint.joined(arguments, " ") + "\n";
      }
      case "html" -> {
        return htmlEscape(GoPrint.sprint(arguments));
      }
      case "js" -> {
        return jsEscape(GoPrint.sprint(arguments));
      }
      case "urlquery" -> {
        return queryEscape(GoPrint.sprint(arguments));
      }
      default -> need(call, 1);
    }
    return switch (name) {
      case "printf" -> PrintFormat.sprintf(call.text(0), arguments.subList(1, arguments.size()));
      case "not" -> !truth(call.any(0));
      case "len" -> length(call.any(0));
      case "index" -> index(arguments, missing);
      case "slice" -> slice(arguments);
      case "call" -> callValue(call);
      case "eq" -> equalToAny(need(call, 2));
      case "ne" -> !equal(need(call, 2).any(0), call.any(1));
      case "lt" -> compare(need(call, 2)) < 0;
      case "le" -> compare(need(call, 2)) <= 0 && !hasNan(call);
      case "gt" -> compare(need(call, 2)) > 0 && !hasNan(call);
      case "ge" -> compare(need(call, 2)) >= 0 && !hasNan(call);
      default -> throw new IllegalStateException("builtin " + name + " has no implementation");
    };
  }

  private static Call need(Call call, int count) {
    if (call.count() < count) {
      throw call.failure("wrong number of args: want at least " + count + " got " + call.count());
    }
    return call;
  }

  /// Go's truth: zero, empty, false and nil are false, everything else is true.
  static boolean truth(Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case SafeText safe -> !safe.text().isEmpty();
      case GoDuration duration -> duration.nanos() != 0;
      case KeyValues pairs -> !pairs.pairs().isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case Nil _ -> false;
      default -> true;
    };
  }

  private static long length(Object value) {
    return switch (value) {
      case String text -> text.getBytes(StandardCharsets.UTF_8).length;
      case SafeText safe -> safe.text().getBytes(StandardCharsets.UTF_8).length;
      case KeyValues pairs -> pairs.pairs().size();
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      default -> throw new TemplateFailure("error calling len: len of type " + GoPrint.typeName(value));
    };
  }

  private static Object index(List<Object> arguments, RenderOptions.MissingKey missing) {
    Object value = arguments.getFirst();
    for (Object key : arguments.subList(1, arguments.size())) {
      value = switch (value) {
        case List<?> list -> list.get(within(key, list.size() - 1, "index"));
        case String text -> (long) (text.getBytes(StandardCharsets.UTF_8)[within(key, utf8Length(text) - 1, "index")] & 0xff);
        case KeyValues pairs -> Objects.requireNonNullElse(pairs.pairs().get(key(key)), "");
        case Map<?, ?> map -> {
          Object found = map.get(key(key));
          yield found == null ? Nil.NIL : found;
        }
        case Nil _ -> throw new TemplateFailure("error calling index: index of untyped nil");
        default -> throw new TemplateFailure("error calling index: can't index item of type " + GoPrint.typeName(value));
      };
    }
    return value;
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case SafeText safe -> safe.text();
      default -> throw new TemplateFailure("error calling index: value has type " + GoPrint.typeName(key) + "; should be string");
    };
  }

  private static int within(Object index, int max, String function) {
    if (!(index instanceof Long number)) {
      throw new TemplateFailure("error calling " + function + ": cannot index slice/array with type " + GoPrint.typeName(index));
    }
    if (number < 0 || number > max) {
      throw new TemplateFailure("error calling " + function + ": index out of range: " + number);
    }
    return (int) (long) number;
  }

  private static Object slice(List<Object> arguments) {
    Object value = arguments.getFirst();
    if (arguments.size() > 3) {
      throw new TemplateFailure("error calling slice: too many slice indexes: " + (arguments.size() - 1));
    }
    if (value instanceof List<?> list) {
      int to = arguments.size() > 2 ? within(arguments.get(2), list.size(), "slice") : list.size();
      int from = arguments.size() > 1 ? within(arguments.get(1), to, "slice") : 0;
      return list.subList(from, to);
    }
    if (value instanceof String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int to = arguments.size() > 2 ? within(arguments.get(2), bytes.length, "slice") : bytes.length;
      int from = arguments.size() > 1 ? within(arguments.get(1), to, "slice") : 0;
      return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
    throw new TemplateFailure("error calling slice: can't slice item of type " + GoPrint.typeName(value));
  }

  private static Object callValue(Call call) {
    if (call.any(0) instanceof TemplateFunction function) {
      List<Object> rest = new ArrayList<>(call.all().subList(1, call.count()));
      return function.apply(new Call("call", rest, call::render));
    }
    throw call.failure("non-function of type " + GoPrint.typeName(call.any(0)));
  }

  private static boolean equalToAny(Call call) {
    for (int i = 1; i < call.count(); i++) {
      if (equal(call.any(0), call.any(i))) {
        return true;
      }
    }
    return false;
  }

  /// Equality of one basic kind; a whole number never equals a float, as in Go, it is an error to ask.
  private static boolean equal(Object a, Object b) {
    Object left = plain(a);
    Object right = plain(b);
    if (left instanceof Nil || right instanceof Nil) {
      return left == right;
    }
    if (left instanceof List || left instanceof Map || right instanceof List || right instanceof Map) {
      throw new TemplateFailure("error calling eq: non-comparable types " + GoPrint.typeName(a) + ", " + GoPrint.typeName(b));
    }
    if (left.getClass() != right.getClass()) {
      throw new TemplateFailure(
          "error calling eq: incompatible types for comparison: " + GoPrint.typeName(a) + " and " + GoPrint.typeName(b));
    }
    return left instanceof Double x && right instanceof Double y ? x.doubleValue() == y.doubleValue() : left.equals(right);
  }

  private static int compare(Call call) {
    Object left = plain(call.any(0));
    Object right = plain(call.any(1));
    if (left instanceof Long a && right instanceof Long b) {
      return Long.compare(a, b);
    }
    if (left instanceof Double a && right instanceof Double b) {
      return a < b ? -1 : a.doubleValue() == b.doubleValue() ? 0 : 1;
    }
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    throw call.failure(left.getClass() == right.getClass() ? "invalid type for comparison: " + GoPrint.typeName(left)
        : "incompatible types for comparison: " + GoPrint.typeName(call.any(0)) + " and " + GoPrint.typeName(call.any(1)));
  }

  private static boolean hasNan(Call call) {
    return call.any(0) instanceof Double a && a.isNaN() || call.any(1) instanceof Double b && b.isNaN();
  }

  private static Object plain(Object value) {
    return switch (value) {
      case SafeText safe -> safe.text();
      case GoDuration duration -> duration.nanos();
      default -> value;
    };
  }

  static String htmlEscape(String text) {
    return text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&#34;")
        .replace("\0", "\uFFFD");
  }

  private static String jsEscape(String text) {
    var out = new StringBuilder();
    text.codePoints().forEach(c -> {
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '\'' -> out.append("\\'");
        case '"' -> out.append("\\\"");
        case '<', '>', '&', '=' -> out.append(String.format(Locale.ROOT, "\\u%04X", c));
        default -> {
          if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
            out.append(String.format(Locale.ROOT, "\\u%04X", c));
          } else {
            out.appendCodePoint(c);
          }
        }
      }
    });
    return out.toString();
  }

  /// Go's `url.QueryEscape`.
  static String queryEscape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~");
  }
}
