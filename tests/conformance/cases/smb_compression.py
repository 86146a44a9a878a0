"""SMB 3.1.1 compression. No client or server of Debian's compresses, so the messages are made by hand."""
from case import case
from smb2 import (RELATED_FILE, Client, Command, Flag, close_reply, close_request, compound, compression_context, create_reply,
                  create_request, frame, write_reply, write_request)
from smb2_compression import (LZ4, LZ77, LZ77_HUFFMAN, LZNT1, NAMES, NONE, PATTERN_V1, chained, chained_message, unchained,
                              unchained_message)

SHARE = r"\\contractor\incoming"
LZ_ALGORITHMS = (LZNT1, LZ77, LZ77_HUFFMAN, LZ4)


def client(case, wrap=None, **options):
    smb = Client(case.conversation(port=445), **options)
    smb.connect(SHARE, contexts=[compression_context(LZNT1, LZ77, LZ77_HUFFMAN, PATTERN_V1, LZ4, chained=True)])
    smb.wrap = wrap
    return smb


def scan(case):
    """A picture that compresses well: few colours, large areas, uncompressed."""
    return case.photo(kind="BMP", size=(64, 32)) + bytes(60_000)


def every_way(case, wrap):
    """A JPEG and a bitmap, sent and fetched, every message compressed."""
    smb = client(case, wrap)
    for way, transfer in (("sent", smb.put), ("fetched", smb.get)):
        for name, picture in ((f"{way}.jpg", case.photo()), (f"{way}.bmp", scan(case))):
            transfer(name, picture)
            case.expect(picture, name=name)
    smb.end()


def register(algorithm):
    word = NAMES[algorithm]

    @case(f"smb-compression/{word}-unchained", f"Every message is compressed with {word}, unchained.")
    def whole(case):
        every_way(case, unchained(algorithm))

    @case(f"smb-compression/{word}-chained", f"Chains as Windows makes them: headers plain, runs as patterns, the rest {word}.")
    def chain(case):
        every_way(case, chained(algorithm))

    @case(f"smb-compression/{word}-offset", f"The headers of WRITE and READ stay in the clear (Offset), what follows is {word}.")
    def offset(case):
        every_way(case, unchained(algorithm, offset=80))


for one in LZ_ALGORITHMS:
    register(one)


@case("smb-compression/pattern", "A WRITE of one byte repeated, chained as header and Pattern_V1.")
def pattern(case):
    smb = client(case)
    picture = case.photo(kind="BMP", size=(32, 32)) + b"\xff" * 200_000
    file = smb.create("blank.bmp")
    head = len(picture) - 200_000
    smb.write(file, picture[:head])
    smb.write(file, picture[head:], at=head, wrap=chained(LZNT1))
    smb.close(file)
    case.expect(picture, name="blank.bmp")


@case("smb-compression/every-algorithm-in-one-chain", "One message in six pieces, each compressed in another way.")
def one_chain(case):
    smb = client(case)
    picture = case.photo(kind="BMP", size=(128, 64)) + bytes(500)

    def wrap(message):
        cuts = [0, 112, 3000, 6000, 9000, len(message) - 500]
        pieces = [message[begin:end] for begin, end in zip(cuts, cuts[1:])]
        return chained_message([*zip((NONE, LZNT1, LZ77, LZ77_HUFFMAN, LZ4), pieces), (PATTERN_V1, message[-500:])])

    file = smb.create("mixed.bmp")
    smb.write(file, picture, wrap=wrap)
    smb.close(file)
    case.expect(picture, name="mixed.bmp")


@case("smb-compression/every-message-another-way", "Plain, chained and unchained messages of every algorithm take turns.")
def turns(case):
    smb = client(case, piece_bytes=4096)
    picture = scan(case)
    wraps = [None, *(form(algorithm) for algorithm in LZ_ALGORITHMS for form in (unchained, chained))]
    file = smb.create("turns.bmp")
    for number, begin in enumerate(range(0, len(picture), smb.piece_bytes)):
        smb.write(file, picture[begin:begin + smb.piece_bytes], at=begin, wrap=wraps[number % len(wraps)])
    smb.close(file)
    case.expect(picture, name="turns.bmp")


@case("smb-compression/compound", "CREATE, three WRITEs and CLOSE of a file in one compressed compound.")
def whole_compound(case):
    smb = client(case)
    picture = scan(case)
    parts = [(0, picture[:20_000]), (20_000, picture[20_000:40_000]), (40_000, picture[40_000:])]
    related = {"flags": Flag.RELATED}
    asked = [smb.request(Command.CREATE, create_request("compound.bmp")),
             *(smb.request(Command.WRITE, write_request(RELATED_FILE, at, part), **related) for at, part in parts),
             smb.request(Command.CLOSE, close_request(RELATED_FILE), **related)]
    answers = [create_reply(smb.new_file_id()), *(write_reply(len(part)) for _, part in parts), close_reply()]
    smb.send_request(compound(*asked), wrap=unchained(LZ77_HUFFMAN))
    smb.send_reply(compound(*(smb.reply(*pair) for pair in zip(asked, answers))), wrap=unchained(LZNT1))
    case.expect(picture, name="compound.bmp")


@case("smb-compression/one-large-write", "A WRITE of 1 MiB, as Windows sends them, that spans sixteen blocks of LZ77+Huffman.")
def large(case):
    smb = client(case, piece_bytes=1 << 20)
    picture = case.photo(kind="BMP", size=(320, 240)) + bytes(3 << 18)
    smb.wrap = unchained(LZ77_HUFFMAN)
    smb.put("large.bmp", picture)
    case.expect(picture, name="large.bmp")


@case("smb-compression/reserved-pattern-bytes", "The reserved bytes of a Pattern_V1 payload are not zero; receivers ignore them.")
def reserved(case):
    smb = client(case)
    picture = case.photo(kind="BMP", size=(16, 16)) + bytes(1000)

    def wrap(message):
        made = chained_message([(NONE, message[:-1000]), (PATTERN_V1, message[-1000:])])
        return made[:-7] + b"\x01\x02\x03" + made[-4:]

    file = smb.create("reserved.bmp")
    smb.write(file, picture, wrap=wrap)
    smb.close(file)
    case.expect(picture, name="reserved.bmp")


@case("smb-compression/more-than-declared", "Bytes behind a compressed message: a receiver that stops at the size has a photo.")
def surplus(case):
    smb = client(case)
    photo = case.photo()
    file = smb.create("surplus.jpg")
    smb.write(file, photo, wrap=lambda message: unchained_message(LZ77, message) + b"and more")
    smb.close(file)
    case.expect(photo, name="surplus.jpg", flags=["smb_framing"])


def spoilt(case, reason, spoil):
    """The middle WRITE cannot be decoded: its range is missing, and the frame itself is told with the reason."""
    smb = client(case)
    photo = case.photo(quality=95)
    third = len(photo) // 3
    file = smb.create("spoilt.jpg")
    smb.write(file, photo[:third])
    smb.write(file, photo[third:2 * third], at=third, wrap=lambda message: spoil(unchained_message(LZ77, message)))
    smb.write(file, photo[2 * third:], at=2 * third)
    smb.close(file)
    case.expect_missing(len(photo), [[third, 2 * third]], name="spoilt.jpg")
    case.expect_not_inspected(reason)


@case("smb-compression/unknown-algorithm", "One WRITE is compressed with an algorithm that nobody knows.")
def unknown(case):
    spoilt(case, "unknown_coding", lambda made: made[:8] + b"\x63\0" + made[10:])


@case("smb-compression/broken", "The compressed bytes of one WRITE are cut off.")
def broken(case):
    spoilt(case, "protocol_error", lambda made: made[:-100])


@case("smb-compression/nested", "One WRITE is compressed twice; no receiver takes that.")
def nested(case):
    spoilt(case, "protocol_error", lambda made: unchained_message(LZ4, made))


@case("smb-compression/bomb", "A frame of some bytes declares a message of 2 GiB.")
def bomb(case):
    spoilt(case, "expansion_limit", lambda made: made[:4] + b"\xff\xff\xff\x7f" + made[8:])


@case("smb-compression/lost-bytes", "A segment in the middle of a compressed frame is not in the capture; the next frame is read again.")
def lost(case):
    smb = client(case)
    # Much follows the loss, so that it is told before the next file is opened.
    picture, photo, piece = case.photo(kind="BMP", size=(640, 480)), case.photo(), smb.piece_bytes
    file = smb.create("lossy.bmp")
    smb.write(file, picture[:piece])
    asked = smb.request(Command.WRITE, write_request(file, piece, picture[piece:2 * piece]))
    framed = frame(unchained_message(LZ77, asked))
    smb.talk.client(framed[:1000])
    smb.talk.skip("client", 500)
    smb.talk.client(framed[1500:])
    smb.send_reply(smb.reply(asked, write_reply(piece)))
    smb.write(file, picture[2 * piece:], at=2 * piece)
    smb.close(file)
    smb.wrap = unchained(LZ4)
    smb.put("next.jpg", photo)
    case.expect_missing(len(picture), [[piece, 2 * piece]], name="lossy.bmp")
    case.expect_not_inspected("gap")
    case.expect(photo, name="next.jpg")


@case("smb-compression/lost-end", "The last WRITE cannot be decoded: the file ends nobody knows where and is not whole.")
def lost_end(case):
    smb = client(case)
    photo = case.photo(quality=95)
    half = len(photo) // 2
    file = smb.create("half.jpg")
    smb.write(file, photo[half:], at=half, wrap=lambda message: unchained_message(LZ77, message)[:-100])
    smb.write(file, photo[:half])
    smb.close(file)
    case.expect_missing(half, None, name="half.jpg")
    case.expect_not_inspected("protocol_error")
