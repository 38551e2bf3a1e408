package io.tidemark.template;

import io.tidemark.model.LabelSet;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/// Go's `fmt.Sprintf` for the kinds of values that templates have. Width and precision are at most {@link #WIDTH_MAX}.
final class PrintFormat {
  static final int WIDTH_MAX = 10_000;

  private final String format;
  private final List<Object> arguments;
  private final StringBuilder out = new StringBuilder();
  private int next;
  private int at;

  /// One verb with its flags; `width` and `precision` are -1 when not given.
  private record Verb(char letter, boolean plus, boolean minus, boolean sharp, boolean space, boolean zero, int width, int precision) {}

  private PrintFormat(String format, List<Object> arguments) {
    this.format = format;
    this.arguments = arguments;
  }

  static String sprintf(String format, List<Object> arguments) {
    return new PrintFormat(format, arguments).run();
  }

  private String run() {
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      if (percent < 0) {
        out.append(format, at, format.length());
        break;
      }
      out.append(format, at, percent);
      at = percent + 1;
      verb();
    }
    if (next < arguments.size()) {
      out.append("%!(EXTRA ");
      for (int i = next; i < arguments.size(); i++) {
        out.append(i > next ? ", " : "").append(GoPrint.typeName(arguments.get(i))).append('=').append(GoPrint.print(arguments.get(i)));
        GoPrint.check(out);
      }
      out.append(')');
    }
    return out.toString();
  }

  private void verb() {
    int flagsFrom = at;
    while (at < format.length() && "+-# 0".indexOf(format.charAt(at)) >= 0) {
      at++;
    }
    String flags = format.substring(flagsFrom, at);
    int width = number();
    int precision = -1;
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      precision = Math.max(0, number());
    }
    if (at >= format.length()) {
      out.append("%!(NOVERB)");
      return;
    }
    char letter = format.charAt(at++);
    if (letter == '%') {
      out.append('%');
      return;
    }
    if (next >= arguments.size()) {
      out.append("%!").append(letter).append("(MISSING)");
      return;
    }
    boolean minus = flags.contains("-");
    var verb = new Verb(letter, flags.contains("+"), minus, flags.contains("#"), flags.contains(" "), flags.contains("0") && !minus,
        width, precision);
    out.append(padded(print(verb, arguments.get(next++)), verb));
    GoPrint.check(out);
  }

  /// A width or precision: digits, or `*` for the next argument; -1 when there is none.
  private int number() {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      if (next < arguments.size() && arguments.get(next) instanceof Long given) {
        next++;
        return bounded(Math.max(0, given));
      }
      return -1;
    }
    int from = at;
    long value = 0;
    while (at < format.length() && Character.isDigit(format.charAt(at)) && at - from < 9) {
      value = value * 10 + format.charAt(at++) - '0';
    }
    return at == from ? -1 : bounded(value);
  }

  private static int bounded(long value) {
    if (value > WIDTH_MAX) {
      throw new TemplateFailure("printf: width or precision " + value + "; at most " + WIDTH_MAX + " is allowed");
    }
    return (int) value;
  }

  private static String print(Verb verb, Object value) {
    if (verb.letter == 'v') {
      return switch (value) {
        case Double number -> signed(number(verb, number, 'g'), verb);
        case Long number -> signed(number.toString(), verb);
        case String text when verb.sharp -> quoted(text);
        default -> GoPrint.print(value);
      };
    }
    if (verb.letter == 'T') {
      return GoPrint.typeName(value);
    }
    return switch (value) {
      case Boolean flag when verb.letter == 't' -> flag.toString();
      case Double number when "eEfFgG".indexOf(verb.letter) >= 0 -> signed(number(verb, number, verb.letter), verb);
      case Long number when "dxXobcqU".indexOf(verb.letter) >= 0 -> whole(verb, number);
      case GoDuration duration when "dxX".indexOf(verb.letter) >= 0 -> whole(verb, duration.nanos());
      case Long _, Double _, Boolean _ -> mismatch(verb, value);
      case List<?> list when !(list instanceof TemplateObject) && "sqdxeEfFgG".indexOf(verb.letter) >= 0 -> {
        var parts = list.stream().map(item -> print(verb, item)).toList();
        yield "[" + String.join(" ", parts) + "]";
      }
      case Nil _ -> "%!" + verb.letter + "(<nil>)";
      default -> text(verb, value);
    };
  }

  private static String text(Verb verb, Object value) {
    String text = GoPrint.print(value);
    String cut = verb.precision >= 0 && text.codePointCount(0, text.length()) > verb.precision
        ? text.substring(0, text.offsetByCodePoints(0, verb.precision)) : text;
    return switch (verb.letter) {
      case 's' -> cut;
      case 'q' -> verb.sharp && cut.indexOf('`') < 0 ? "`" + cut + "`" : quoted(cut);
      case 'x' -> hex(cut);
      case 'X' -> hex(cut).toUpperCase(Locale.ROOT);
      default -> mismatch(verb, value);
    };
  }

  private static String mismatch(Verb verb, Object value) {
    return "%!" + verb.letter + "(" + GoPrint.typeName(value) + "=" + GoPrint.print(value) + ")";
  }

  private static String number(Verb verb, double value, char letter) {
    return switch (letter) {
      case 'f', 'F' -> GoNumbers.fixed(value, verb.precision < 0 ? 6 : verb.precision);
      case 'e' -> GoNumbers.exponent(value, verb.precision < 0 ? 6 : verb.precision);
      case 'E' -> GoNumbers.exponent(value, verb.precision < 0 ? 6 : verb.precision).toUpperCase(Locale.ROOT);
      case 'G' -> GoNumbers.general(value, verb.precision, verb.sharp).replace('e', 'E');
      default -> GoNumbers.general(value, verb.precision, verb.sharp);
    };
  }

  private static String whole(Verb verb, long value) {
    return switch (verb.letter) {
      case 'd' -> signed(Long.toString(value), verb);
      case 'x' -> based(value, 16, verb.sharp ? "0x" : "");
      case 'X' -> based(value, 16, verb.sharp ? "0X" : "").toUpperCase(Locale.ROOT);
      case 'o' -> based(value, 8, verb.sharp ? "0" : "");
      case 'b' -> based(value, 2, verb.sharp ? "0b" : "");
      case 'U' -> String.format(Locale.ROOT, "U+%04X", value);
      case 'c' -> character(value);
      default -> "'" + character(value).replace("\\", "\\\\").replace("'", "\\'") + "'";
    };
  }

  private static String character(long value) {
    return Character.toString(value >= 0 && value <= Character.MAX_CODE_POINT ? (int) value : 0xFFFD);
  }

  private static String based(long value, int base, String prefix) {
    return (value < 0 ? "-" : "") + prefix + BigInteger.valueOf(value).abs().toString(base);
  }

  private static String signed(String text, Verb verb) {
    if (text.startsWith("-") || text.startsWith("+")) {
      return text;
    }
    return verb.plus ? "+" + text : verb.space ? " " + text : text;
  }

  static String quoted(String text) {
    var out = new StringBuilder();
    LabelSet.quote(out, text);
    return out.toString();
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String padded(String text, Verb verb) {
    int missing = verb.width - text.codePointCount(0, text.length());
    if (missing <= 0) {
      return text;
    }
    if (verb.minus) {
      return text + " ".repeat(missing);
    }
    boolean number = "dxXobeEfFgGv".indexOf(verb.letter) >= 0 && !text.isEmpty() && !text.contains("Inf") && !text.equals("NaN");
    if (verb.zero && number) {
      int sign = "+-".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
      return text.substring(0, sign) + "0".repeat(missing) + text.substring(sign);
    }
    return " ".repeat(missing) + text;
  }
}
