package io.tidemark.model;

/// A failure with a code to branch on and a message that says what, where, expected and found, and what to do.
public final class TidemarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final ErrorCode code;

  public TidemarkException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  public TidemarkException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }

  /// This exception's message; never null.
  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? code.name() : message;
  }
}
