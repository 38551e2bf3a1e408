package io.tidemark.model;

/// What went wrong, as far as a caller can act on it. One switch in `api` maps each code to an HTTP status.
public enum ErrorCode {
  /// The request itself is wrong: syntax, a parameter, a limit of the format. Repeating it cannot help.
  BAD_DATA,
  /// A well-formed query that cannot be evaluated on this data, as PromQL defines it.
  EXECUTION,
  /// A query that would cost more than its budget.
  TOO_EXPENSIVE,
  /// Cancelled by its client or by an operator.
  CANCELED,
  /// Ran past its deadline.
  TIMEOUT,
  /// A named thing that is not there.
  NOT_FOUND,
  /// The stored version is not the one that the caller saw.
  CONFLICT,
  /// Body, label or sample count above its limit.
  TOO_LARGE,
  /// Over a rate limit; later again.
  RATE_LIMITED,
  /// A queue is full or the engine drains; later again.
  UNAVAILABLE,
  /// No room on the disk; reads go on.
  DISK_FULL,
  /// The disk refused to read, write or sync.
  DISK_FAILED,
  /// Stored bytes do not match their checksum or format.
  CORRUPT,
  /// A valid request for something that this version does not do.
  NOT_SUPPORTED,
  /// A defect of Tidemark.
  INTERNAL
}
