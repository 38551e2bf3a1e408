package io.tidemark.notify;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;

/// Someone's wish not to be told about certain alerts for a time. Immutable.
///
/// @param id             empty for a new one
/// @param matchers       all must hold; at least one of them must refuse the empty value
/// @param startsAtMillis inclusive
/// @param endsAtMillis   exclusive
public record Silence(String id, Matchers matchers, long startsAtMillis, long endsAtMillis, String createdBy, String comment,
    long updatedAtMillis) {
  /// @throws TidemarkException `BAD_DATA` for a silence that would match every alert, or that ends before it starts
  public Silence {
    if (!matchers.refusesSomething()) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "silence " + matchers + " matches every alert: at least one matcher must not match the empty string");
    }
    if (endsAtMillis < startsAtMillis) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "silence " + matchers + " ends before it starts; give an end after the start");
    }
  }

  public boolean isActiveAt(long nowMillis) {
    return startsAtMillis <= nowMillis && nowMillis < endsAtMillis;
  }

  /// Whether it is over.
  public boolean isExpiredAt(long nowMillis) {
    return endsAtMillis <= nowMillis;
  }
}
