package io.tidemark.storage.block;

/// Gives the pages of one block, checked. Safe on any thread; callers do not change what they get.
public interface BlockPages {
  /// The page, from a cache if one has it.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when it is damaged or there is none of that number; when the pages are
  ///     elsewhere also what reading there fails with
  byte[] page(int number);

  /// The page as it is stored now, past every cache.
  byte[] readPage(int number);
}
