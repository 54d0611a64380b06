package io.mailraft.node.mime;

import jakarta.activation.DataSource;
import java.io.InputStream;
import java.io.OutputStream;

/** Content as Angus Mail asks for it. */
final class ContentSource implements DataSource {
  private final Content content;
  private final String type;
  private final boolean lines;

  /**
   * @param lines whether line breaks of any kind become CRLF
   */
  ContentSource(Content content, String type, boolean lines) {
    this.content = content;
    this.type = type;
    this.lines = lines;
  }

  @Override
  public InputStream getInputStream() {
    return lines ? new CrlfInput(content.open()) : content.open();
  }

  @Override
  public OutputStream getOutputStream() {
    throw new UnsupportedOperationException("content is read only");
  }

  @Override
  public String getContentType() {
    return type;
  }

  @Override
  public String getName() {
    return "";
  }
}
