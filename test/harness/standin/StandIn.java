import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** An in-memory server that speaks the MongoDB protocol. Prints its port, and ends with its standard input. */
public class StandIn {
    public static void main(String[] arguments) throws Exception {
        MemoryBackend backend = new MemoryBackend();
        // Of the built-in versions none reports a wire version that the driver accepts.
        backend.version(new MongoVersion() {
            @Override
            public List<Integer> getVersionArray() {
                return List.of(5, 0, 0);
            }

            @Override
            public int getWireVersion() {
                return 13;
            }
        });
        MongoServer server = new MongoServer(backend);
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        server.bind("127.0.0.1", port);
        System.out.println("listening on " + server.getLocalAddress().getPort());
        while (System.in.read() != -1) {
            // Until the test run that started us is gone.
        }
        server.shutdownNow();
    }
}
