package io.tidemark.objects;

import java.util.regex.Pattern;

/// The form of keys: folders of letters, digits, `_`, `=` and `-`, then one name that also has a dot, parted by `/`.
///
/// The dot tells names from folders, and no key can point out of its store: there is no `..`, no empty part and no leading `/`.
public final class ObjectKey {
  /// What a file system and S3 both take, with room for a configured prefix.
  private static final int CHARS_MAX = 512;
  private static final int PART_CHARS_MAX = 200;
  private static final Pattern KEY =
      Pattern.compile("(?:[A-Za-z0-9_=-]{1,200}/)*(?=[^/]{3,200}$)[A-Za-z0-9_=-]+(?:\\.[A-Za-z0-9_=-]+)+");
  private static final Pattern PREFIX = Pattern.compile("(?:[A-Za-z0-9_=-]{1,200}/)*[A-Za-z0-9_=.-]{0,200}");

  private ObjectKey() {}

  public static boolean isValid(String key) {
    return key.length() <= CHARS_MAX && KEY.matcher(key).matches();
  }

  /// @throws IllegalArgumentException for anything else than a key
  public static String checked(String key) {
    if (!isValid(key)) {
      throw new IllegalArgumentException("\"" + key + "\" is no object key: expected folders of A-Z a-z 0-9 _ = - and a name with a dot, "
          + "parts of at most " + PART_CHARS_MAX + " and together at most " + CHARS_MAX + " characters");
    }
    return key;
  }

  /// @throws IllegalArgumentException for anything that no key can begin with
  public static String checkedPrefix(String prefix) {
    if (prefix.length() > CHARS_MAX || !PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException("\"" + prefix + "\" is no prefix of object keys");
    }
    return prefix;
  }
}
