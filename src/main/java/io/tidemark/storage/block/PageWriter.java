package io.tidemark.storage.block;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.codec.ColumnDecoder;
import io.tidemark.disk.DiskFile;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Writes the bytes of one block file in order, and pages of columns into it.
final class PageWriter {
  /// A page that fills up.
  static final class Page {
    final ByteWriter content = new ByteWriter(BlockFormat.PAGE_BYTES);
    int number;
  }

  private final DiskFile file;
  private long at;
  private int pages;
  private final ByteWriter directory = new ByteWriter(4096);
  private int[] entryAt = new int[64];

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
    for (int i = 0; i < BlockFormat.PAGE_ENTRY_BYTES / 4; i++) {
      directory.writeInt(0);
    }
    page.content.clear();
  }

  /// Ends the page when it is full, begins it anew, and tells whether it did.
  boolean endIfFull(Page page) {
    boolean isFull = page.content.count() >= BlockFormat.PAGE_BYTES;
    if (isFull) {
      end(page);
      number(page);
    }
    return isFull;
  }

  void end(Page page) {
    for (int i = 0; i < ColumnDecoder.PADDING; i++) {
      page.content.writeByte(0);
    }
    int bytes = page.content.count();
    int entry = entryAt[page.number];
    directory.patchInt(entry, (int) at);
    directory.patchInt(entry + 4, (int) (at >>> 32));
    directory.patchInt(entry + 8, bytes);
    directory.patchInt(entry + 12, Checksum.crc32c(page.content.array(), 0, bytes));
    append(page.content.array(), bytes);
  }

  /// The entries of all pages, by number.
  ByteWriter directory() {
    return directory;
  }
}
