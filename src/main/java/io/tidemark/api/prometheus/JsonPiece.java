package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Adds JSON texts to a {@link Piece}, by hand: matrices are the one place where a general writer would dominate the cost of a query.
final class JsonPiece {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private JsonPiece() {}

  /// A JSON string. `<`, `>`, `&` and the two line separators of JavaScript are escaped too, so that an answer shown as a page stays inert;
  /// half of a surrogate pair becomes a question mark.
  static void string(Piece out, String text) {
    int length = text.length();
    // The longest, an escaped character, takes six bytes.
    byte[] bytes = out.reserve(Math.addExact(Math.multiplyExact(length, 6), 2));
    int at = out.count();
    bytes[at++] = '"';
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        bytes[at++] = '\\';
        bytes[at++] = (byte) c;
      } else if (c >= 0x20 && c < 0x80 && c != '<' && c != '>' && c != '&') {
        bytes[at++] = (byte) c;
      } else if (c == '\n' || c == '\t' || c == '\r') {
        bytes[at++] = '\\';
        bytes[at++] = (byte) (c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
      } else if (c < 0x80 || c == '\u2028' || c == '\u2029') {
        bytes[at++] = '\\';
        bytes[at++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
          bytes[at++] = HEX[c >> shift & 15];
        }
      } else if (c < 0x800) {
        bytes[at++] = (byte) (0xc0 | c >> 6);
        bytes[at++] = (byte) (0x80 | c & 63);
      } else if (!Character.isSurrogate(c)) {
        bytes[at++] = (byte) (0xe0 | c >> 12);
        bytes[at++] = (byte) (0x80 | c >> 6 & 63);
        bytes[at++] = (byte) (0x80 | c & 63);
      } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        bytes[at++] = (byte) (0xf0 | point >> 18);
        bytes[at++] = (byte) (0x80 | point >> 12 & 63);
        bytes[at++] = (byte) (0x80 | point >> 6 & 63);
        bytes[at++] = (byte) (0x80 | point & 63);
      } else {
        bytes[at++] = '?';
      }
    }
    bytes[at++] = '"';
    out.advance(at);
  }

  /// Labels as an object, in label order.
  static void labels(Piece out, LabelSet labels) {
    out.add('{');
    for (int i = 0; i < labels.count(); i++) {
      if (i > 0) {
        out.add(',');
      }
      string(out, labels.name(i));
      out.add(':');
      string(out, labels.value(i));
    }
    out.add('}');
  }

  /// A list of strings.
  static void strings(Piece out, List<String> texts) {
    out.add('[');
    for (int i = 0; i < texts.size(); i++) {
      if (i > 0) {
        out.add(',');
      }
      string(out, texts.get(i));
    }
    out.add(']');
  }

  /// `,"name":[…]` unless there is nothing to say.
  static void notes(Piece out, String name, List<String> texts) {
    if (!texts.isEmpty()) {
      out.add(",\"" + name + "\":");
      strings(out, texts);
    }
  }
}
