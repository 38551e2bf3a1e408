package io.tidemark.storage.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// The pages of a mapped file, with the last ones used kept unpacked.
final class MappedPages implements BlockPages {
  /// Neighbouring series share value pages, series of many targets come back to many time pages.
  private static final int CACHED_PAGES = 128;

  private record Page(int number, byte[] bytes) {}

  private final MemorySegment file;
  private final PageDirectory directory;
  private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(CACHED_PAGES);

  MappedPages(MemorySegment file, PageDirectory directory) {
    this.file = file;
    this.directory = directory;
  }

  @Override
  public byte[] page(int number) {
    Page cached = pages.get(number % CACHED_PAGES);
    if (cached != null && cached.number == number) {
      return cached.bytes;
    }
    byte[] bytes = readPage(number);
    pages.set(number % CACHED_PAGES, new Page(number, bytes));
    return bytes;
  }

  @Override
  public byte[] readPage(int number) {
    long offset = directory.offset(number);
    var stored = new byte[directory.storedBytes(number)];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, offset, stored, 0, stored.length);
    return directory.unpack(number, stored, 0);
  }
}
