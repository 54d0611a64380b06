package io.mailraft.node.mime;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMultipart;
import java.security.SecureRandom;
import java.util.HexFormat;

/** A part of parts. Its boundary is drawn at random, so that no content can be made to hold it. */
final class Branch extends MimeMultipart {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BOUNDARY_BYTES = 16;

  /**
   * An empty one.
   *
   * @param subtype what stands behind {@code multipart/}, with parameters
   */
  Branch(String subtype) {
    byte[] random = new byte[BOUNDARY_BYTES];
    RANDOM.nextBytes(random);
    contentType =
        "multipart/"
            + subtype
            + ";\r\n\tboundary=\"=_mailraft_"
            + HexFormat.of().formatHex(random)
            + "\"";
  }

  /** The part that this is the content of. */
  MimeBodyPart part() throws MessagingException {
    MimeBodyPart part = new MimeBodyPart();
    part.setContent(this);
    part.setHeader("Content-Type", getContentType());
    return part;
  }
}
