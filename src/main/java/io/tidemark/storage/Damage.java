package io.tidemark.storage;

/// Bytes of a file that are not what was written.
///
/// @param part     what of the file, as `docs/formats` calls it: `footer`, `section postings`, `page 7`
/// @param offset   its first byte in the file, -1 when that is not known
/// @param expected checksum in hex, or magic bytes, or what else should be there
/// @param found    what is there
public record Damage(String part, long offset, String expected, String found) {
  /// Of a checksum.
  public static Damage ofChecksum(String part, long offset, int expected, int found) {
    return new Damage(part, offset, "checksum " + Integer.toHexString(expected), "checksum " + Integer.toHexString(found));
  }

  /// Of which only a message tells.
  static Damage told(String message) {
    return new Damage("content", -1, "content that can be decoded", message);
  }

  @Override
  public String toString() {
    return part + (offset < 0 ? "" : " at byte " + offset) + ": " + found + ", expected " + expected;
  }
}
