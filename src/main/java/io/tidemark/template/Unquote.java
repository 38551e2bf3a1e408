package io.tidemark.template;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Escapes of Go's string literals.
final class Unquote {
  private Unquote() {}

  /// The text between the quotes with its escapes resolved; `offset` is where the literal starts, for messages.
  static String text(String quoted, int offset) {
    if (quoted.indexOf('\\') < 0) {
      return quoted;
    }
    var bytes = new ByteArrayOutputStream();
    int at = 0;
    while (at < quoted.length()) {
      int escape = quoted.indexOf('\\', at);
      int end = escape < 0 ? quoted.length() : escape;
      bytes.writeBytes(quoted.substring(at, end).getBytes(StandardCharsets.UTF_8));
      if (escape < 0) {
        break;
      }
      at = escape + 1;
      char c = at < quoted.length() ? quoted.charAt(at) : '\0';
      at++;
      int simple = "abfnrtv\\'\"".indexOf(c);
      if (simple >= 0) {
        bytes.write("\u0007\b\f\n\r\t\u000b\\'\"".charAt(simple));
        continue;
      }
      int digits = switch (c) {
        case 'x' -> 2;
        case 'u' -> 4;
        case 'U' -> 8;
        default -> c >= '0' && c <= '7' ? 3 : 0;
      };
      boolean octal = digits == 3;
      int from = octal ? at - 1 : at;
      int value = digits == 0 || from + digits > quoted.length() ? -1 : parse(quoted.substring(from, from + digits), octal ? 8 : 16);
      if (value < 0 || octal && value > 255 || value > Character.MAX_CODE_POINT) {
        throw new Lexer.SyntaxError(offset, "unknown escape sequence \\" + c + " in a quoted string");
      }
      at = from + digits;
      if (digits <= 3) {
        bytes.write(value);
      } else {
        bytes.writeBytes(Character.toString(value).getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /// The number, or -1 when the digits are not of this base.
  private static int parse(String digits, int base) {
    try {
      return Character.digit(digits.charAt(0), base) < 0 ? -1 : Integer.parseInt(digits, base);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
