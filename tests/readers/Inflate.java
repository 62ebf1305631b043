import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;

/** Writes what a gzip file holds to the standard output. */
public class Inflate {
    public static void main(String[] arguments) throws IOException {
        try (InputStream in = new GZIPInputStream(new FileInputStream(arguments[0]), 1 << 16);
                OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            byte[] chunk = new byte[1 << 18];
            for (int size; (size = in.read(chunk)) >= 0; ) {
                out.write(chunk, 0, size);
            }
        }
    }
}
