package io.tidemark.api.prometheus;

import io.tidemark.api.Body;
import io.tidemark.api.Piece;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;

/// A successful answer whose data is a list or an object of many members, made of some at a time.
final class ListBody<T> implements Body {
  private final char end;
  private final Iterator<T> items;
  private final BiConsumer<Piece, T> writer;
  private final List<String> warnings;
  private String before;

  /// @param brackets `[]` or `{}`
  /// @param items    not to be changed any more
  /// @param writer   adds one
  ListBody(String brackets, Iterator<T> items, BiConsumer<Piece, T> writer, List<String> warnings) {
    before = "{\"status\":\"success\",\"data\":" + brackets.charAt(0);
    end = brackets.charAt(1);
    this.items = items;
    this.writer = writer;
    this.warnings = warnings;
  }

  @Override
  public boolean next(Piece out) {
    while (items.hasNext()) {
      out.add(before);
      before = ",";
      writer.accept(out, items.next());
      if (out.count() >= PIECE_BYTES) {
        return true;
      }
    }
    if (!before.equals(",")) {
      out.add(before);
    }
    out.add(end);
    JsonPiece.notes(out, "warnings", warnings);
    out.add('}');
    return false;
  }
}
