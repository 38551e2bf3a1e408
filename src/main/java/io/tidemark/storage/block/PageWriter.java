package io.tidemark.storage.block;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.codec.PlaneWriter;
import io.tidemark.disk.DiskFile;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Writes the bytes of one block file in order, and pages of columns into it.
final class PageWriter {
  /// A page that fills up.
  static final class Page {
    final PlaneWriter content = new PlaneWriter();
    int number;
  }

  private final DiskFile file;
  private long at;
  private int pages;
  private final ByteWriter directory = new ByteWriter(4096);
  private int[] entryAt = new int[64];
  private final ByteWriter stored = new ByteWriter(BlockFormat.PAGE_BYTES);

  PageWriter(DiskFile file) {
    this.file = file;
  }

  long position() {
    return at;
  }

  void append(byte[] bytes, int count) {
    file.write(ByteBuffer.wrap(bytes, 0, count), at);
    at += count;
  }

  /// A new page; numbers are given in the order of the calls.
  Page begin() {
    var page = new Page();
    number(page);
    return page;
  }

  private void number(Page page) {
    page.number = pages++;
    if (page.number == entryAt.length) {
      entryAt = Arrays.copyOf(entryAt, entryAt.length * 2);
    }
    entryAt[page.number] = directory.count();
    for (int i = 0; i < BlockFormat.PAGE_ENTRY_BYTES / 8; i++) {
      directory.writeLong(0);
    }
    page.content.clear();
  }

  /// Ends the page when it is full, and begins it anew.
  void endIfFull(Page page) {
    if (page.content.count() >= BlockFormat.PAGE_BYTES) {
      end(page);
      number(page);
    }
  }

  void end(Page page) {
    stored.clear();
    PageStreams.write(page.content, stored);
    int entry = entryAt[page.number];
    directory.patchInt(entry, (int) at);
    directory.patchInt(entry + 4, (int) (at >>> 32));
    directory.patchInt(entry + 8, stored.count());
    directory.patchInt(entry + 12, page.content.count());
    directory.patchInt(entry + 16, Checksum.crc32c(stored.array(), 0, stored.count()));
    directory.patchInt(entry + 20, BlockFormat.STREAMS);
    append(stored.array(), stored.count());
  }

  /// The entries of all pages, by number.
  ByteWriter directory() {
    return directory;
  }
}
