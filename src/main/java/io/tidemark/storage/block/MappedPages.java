package io.tidemark.storage.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// The pages of a mapped file, with the last ones used kept where they are quickly at hand, and known to be whole.
final class MappedPages implements BlockPages {
  /// Neighbouring series share value pages, series of many targets come back to many time pages. A page has two places to be in: with one,
  /// a value page and a time page that meet there would push each other out at every run.
  private static final int SETS = 64;

  private record Page(int number, byte[] bytes) {}

  private final MemorySegment file;
  private final PageDirectory directory;
  private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(2 * SETS);

  MappedPages(MemorySegment file, PageDirectory directory) {
    this.file = file;
    this.directory = directory;
  }

  @Override
  public byte[] page(int number) {
    int first = number % SETS * 2;
    Page newer = pages.get(first);
    if (newer != null && newer.number == number) {
      return newer.bytes;
    }
    Page older = pages.get(first + 1);
    if (older != null && older.number == number) {
      return older.bytes;
    }
    byte[] bytes = readPage(number);
    pages.set(first + 1, newer);
    pages.set(first, new Page(number, bytes));
    return bytes;
  }

  @Override
  public byte[] readPage(int number) {
    try {
      long offset = directory.offset(number);
      var page = new byte[directory.bytes(number)];
      MemorySegment.copy(file, ValueLayout.JAVA_BYTE, offset, page, 0, page.length);
      return directory.page(number, page, 0);
    } catch (InternalError e) {
      // What the JVM makes of mapped memory that the disk does not give: a sector that cannot be read, a file that was cut.
      throw directory.unreadable(number, e);
    }
  }
}
