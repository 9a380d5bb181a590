/** EXIF's mark of a UserComment in Unicode (EXIF 3.0, 4.6.5). */
const UNICODE_MARK = Buffer.from("UNICODE\0", "latin1");
/** libvips marks each comment like this and squeezes its text into ASCII. */
const ASCII_MARK = "ASCII\0\0\0";
/** An EXIF segment of a JPEG file ends at 65,535 bytes; two bytes a character leave room for the rest. */
const MAX_COMMENT_LENGTH = 25_000;

/** A comment that sharp can write, and the exchange that makes it the text that was meant. */
export interface UserComment {
  /** ASCII of the final length, for `withExif`. */
  placeholder: string;
  /** Puts the text, in UTF-16 as AUTOMATIC1111 and piexif write it, where the placeholder went in `file`. */
  fill(file: Buffer): Buffer;
}

/** EXIF UserComment in any script, which libvips would write with question marks. */
export function userComment(text: string): UserComment {
  const short = text.slice(0, MAX_COMMENT_LENGTH).toWellFormed();
  const encoded = Buffer.from(short, "utf16le").swap16();
  const placeholder = "sanabot.".repeat(Math.ceil(encoded.length / 8)).slice(0, encoded.length);
  return {
    placeholder,
    fill(file) {
      const at = file.indexOf(ASCII_MARK + placeholder, 0, "latin1");
      if (at < 0) throw new Error("libvips did not write the EXIF UserComment that it was given");
      const filled = Buffer.from(file);
      UNICODE_MARK.copy(filled, at);
      encoded.copy(filled, at + UNICODE_MARK.length);
      return filled;
    },
  };
}
