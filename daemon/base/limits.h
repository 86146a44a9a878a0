// Every compiled ceiling: name, unit, reason; those of the policy language are in policy/limits.h. What an operator may
// change is in the configuration; these are the hard ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::limits {

// --- front ends
/// Bytes of one captured packet: the largest GSO super-packet with its headers fits, and libpcap's own maximum.
inline constexpr std::size_t kSnaplenBytes = 262144;
/// How often a front end calls on_tick() when no packet comes.
inline constexpr std::chrono::milliseconds kTickInterval{5};
/// Packets withheld per flow direction; a full TCP window of small segments is below it. Above: the flow's outcome
/// on_overload.
inline constexpr std::size_t kHeldPacketsPerFlow = 4096;

// --- actions
/// Transfers that hold one direction of one flow at once; files written side by side over one SMB connection. Above:
/// refused.
inline constexpr std::size_t kHoldersPerDirection = 256;
// --- net
/// Tags and headers between a link header and IP: two VLAN tags (IEEE 802.1ad), PPPoE or a pseudowire with tags of its
/// own are in use; this is twice what they take together.
inline constexpr std::size_t kLinkLayersMax = 16;
/// Labels of one MPLS stack: three or four are in use, segment routing goes to a dozen.
inline constexpr std::size_t kMplsLabelsMax = 32;
/// Tunnels inside one another: a mirror (ERSPAN) of an overlay (VXLAN) of a mobile network (GTP-U) of a site tunnel
/// (GRE) is four.
inline constexpr unsigned kTunnelDepthMax = 8;
/// Bytes by which a segment may differ from what its connection expects and still be taken for its own though it came
/// another way (other VLAN, other tunnel): a route change loses less, and another tenant's number fits once in 500
/// times.
inline constexpr std::uint32_t kSameFlowBytes = 4U << 20;
/// Bytes of one reassembled IP datagram (RFC 791 3.1; RFC 8200 4.5 without jumbograms, which cannot be fragmented).
inline constexpr std::size_t kIpDatagramBytesMax = 65535;
/// Fragments of one IPv4 datagram that contradict earlier ones: a sender that means two readings needs one or two.
/// Above: no reading is given, and the datagram is a gap.
inline constexpr std::size_t kFragmentReadingsMax = 8;
/// Bytes that one buffered piece of a stream or datagram costs beside its content: map node, vector, allocator.
inline constexpr std::size_t kPieceOverheadBytes = 128;
/// Flows of one shard: as many as fit into their part of a FlowId.
inline constexpr std::size_t kFlowsPerShardMax = std::size_t{1} << 20;
/// Flows that are looked at in one tick because they have fallen silent: some milliseconds of work.
inline constexpr std::size_t kQuietenedPerTickMax = 4096;
/// Hops that a segment has left, and by how many fewer than earlier ones of its sender, to be called a decoy for those
/// who stand on the way. Hosts begin at 64, 128 or 255 and paths have fewer than 32 hops (traceroute looks no further
/// than 30), so that whatever is to arrive has more left, route changes or not. Few old hosts begin at 32: a route
/// change takes fewer than five hops of theirs as a rule, else it is counted once or twice.
inline constexpr std::uint8_t kHopsLeftMin = 32;
inline constexpr std::uint8_t kHopsFewer = 5;
/// Bytes behind the receiver's window that are still taken: window updates and data pass a capture in no strict order.
inline constexpr std::size_t kWindowSlackBytes = 65536;
/// Bytes of the largest receive window there is (RFC 7323 2.3): what may be ahead where no window was seen.
inline constexpr std::size_t kTcpWindowBytesMax = std::size_t{1} << 30;

// --- transfers
/// Bytes looked at to tell a type by content.
inline constexpr std::size_t kSniffBytes = 4096;
/// First bytes of an object without kept content that are kept all the same, to tell a second reading of a header or of
/// a small file from a replacement. Counted in the shard's byte budget.
inline constexpr std::size_t kRereadBytes = 65536;
/// Distinct missing ranges remembered per transfer; above it neighbours are merged and the account says "at least".
inline constexpr std::size_t kMissingRangesMax = 64;
/// Bytes of any single name (path, host, user, ...) that travels in an event.
inline constexpr std::size_t kNameBytesMax = 4096;
/// Separate runs of seen bytes followed per transfer: far more than any sender interleaves, and 1 MiB of nodes. Bytes
/// that would begin one more are not followed, and the transfer is over budget.
inline constexpr std::size_t kSeenRunsMax = 16384;
/// Highest offset of an object, in bytes: file systems and off_t end here.
inline constexpr std::uint64_t kObjectOffsetMax = (1ULL << 63) - 1;
/// Flows remembered per transfer: SMB channels (32 at most per session) and the reconnects of a long upload. Above it
/// the longest closed one is forgotten.
inline constexpr std::size_t kFlowsPerTransferMax = 256;
/// Pairs of addresses, beside the first, that parts of one object go between, each judged by every rule: SMB channels
/// have at most 32, and what is spread over more is told as not inspected.
inline constexpr std::size_t kOtherPartiesMax = 32;

/// Bytes kept of the other readings of one object. Above: that reading is "not inspected: conflict".
inline constexpr std::size_t kOtherReadingBytesMax = 4U << 20;
/// Ranges of one object with another reading; they grow together where they touch. Above: as above.
inline constexpr std::size_t kOtherReadingRangesMax = 64;
/// Up to so many ranges a receiver may have any mixture of first and second bytes, and each (2^n - 1) is an object;
/// above, only the reading with all second bytes is, and it is told as "not inspected: conflict" too.
inline constexpr std::size_t kMixedReadingRangesMax = 3;
/// Objects, and bytes of them, that one shard keeps after their end because the last segments may yet come again with
/// other content. Above, the oldest goes; a conflict then is "not inspected: conflict".
inline constexpr std::size_t kEndedObjectsMax = 64;
inline constexpr std::size_t kEndedObjectBytesMax = 32U << 20;
/// How long they are kept at most: as long as a sender with a lost acknowledgement tries a few times.
inline constexpr std::chrono::seconds kEndedObjectTime{10};
/// How long after its end the other reading of an object is completed before it is judged: a retransmission timeout,
/// and some.
inline constexpr std::chrono::seconds kOtherReadingTime{1};
/// Transfers that one object is composed of: S3 allows 10,000 parts, Azure 50,000 blocks. A longer list is not
/// composed, and the object is over budget.
inline constexpr std::size_t kPartsPerObjectMax = 50'000;

// --- protocols
/// Pieces of a direction whose place in an object is remembered, to find out what bytes that come again were; each is
/// an object or a message of SMB, and only those of the last 64 KiB can come again.
inline constexpr std::size_t kTracedPiecesMax = 32;
/// Bytes, and segments, of a direction with another reading that wait for the first one, ahead of their turn.
inline constexpr std::size_t kWaitingConflictBytesMax = 256U << 10;
inline constexpr std::size_t kWaitingConflictsMax = 64;
/// Bytes per direction in which a protocol must show itself; a long first line of a request fits.
inline constexpr std::size_t kRecognitionBytes = 4096;
/// Protocols inside one another on one flow (CONNECT, Upgrade); more is somebody playing.
inline constexpr int kHandOversPerFlow = 8;
/// Bytes of a TLS ClientHello; with post-quantum key shares and tickets they stay below 4 KiB.
inline constexpr std::size_t kClientHelloBytes = 16384;

// --- containers, unpacked in the worker
/// Containers inside one another: a document in a zip in a mail in a mail is four; more is somebody playing.
inline constexpr int kContainerDepthMax = 8;
/// Members of all containers of one object, directories and files that are no images too; a large source tree has as
/// many.
inline constexpr std::size_t kContainerMembersMax = 20'000;
/// Bytes of one unpacked member: as large as an object that is inspected by default.
inline constexpr std::size_t kMemberBytesMax = std::size_t{64} << 20;
/// Bytes of unpacked members held at once, one in the other; a buffer that grows takes three times its size for a
/// moment, and with the object itself and one decoded image all of it stays below the worker's 1 GiB.
inline constexpr std::size_t kMembersHeldBytesMax = std::size_t{160} << 20;
/// Bytes unpacked of one object in all: some seconds of work.
inline constexpr std::uint64_t kUnpackedBytesMax = std::uint64_t{1} << 30;
/// Bytes that may always be unpacked, however small the object is: white pages and drawings shrink to almost nothing.
inline constexpr std::uint64_t kUnpackedBytesFree = std::uint64_t{64} << 20;
/// Beyond that, unpacked bytes a byte of the object: photographs do not shrink, documents to a tenth.
inline constexpr std::uint64_t kUnpackedRatioMax = 100;
/// Images told of one object.
inline constexpr std::size_t kPartsMax = 2048;
/// Bytes of the place of an image in its object, and of one name in that.
inline constexpr std::size_t kPartPathBytesMax = 1024;
inline constexpr std::size_t kPartNameBytesMax = 255;
/// Objects of one PDF, streams and sectors of one compound file, parts of one mail: bound the tables of a reader.
inline constexpr std::size_t kDocumentObjectsMax = 100'000;
/// Filters of one PDF stream; writers use one or two.
inline constexpr std::size_t kPdfFiltersMax = 8;
/// Nesting of PDF arrays and dictionaries, and of MIME parts.
inline constexpr int kDocumentNestingMax = 16;
/// Images looked for inside other bytes (metadata of an image, streams of a document) a place; MPO cameras write up to
/// a dozen.
inline constexpr std::size_t kCarvedImagesMax = 1024;

/// Digests of objects found inside another that are remembered with it. More than that are told of twice.
inline constexpr std::size_t kToldInsideMax = 1024;
/// Servers of which it is remembered that pieces of uploads to them may have been lost; beyond that, it holds for all.
inline constexpr std::size_t kLostPieceServersMax = 1024;

// --- events
/// Images inside one object that an event tells of: some 20 KiB of it.
inline constexpr std::size_t kEventPartsMax = 64;
/// Events that are written in one go, behind one transaction of the ledger: at some milliseconds for a disk to flush,
/// tens of thousands a second.
inline constexpr std::size_t kEventBatchMax = 512;

// --- ledger
/// Rows that are forgotten in one transaction: some milliseconds, in which no event is written.
inline constexpr std::size_t kLedgerPruneRows = 1000;
/// Rows that a reader fetches in one transaction: a longer one would keep the writer's -wal file from shrinking.
inline constexpr std::size_t kLedgerReadRows = 4096;

// --- worker
/// Bytes of one message between sallyportd and a worker; a SOCK_SEQPACKET message of this size fits the default socket
/// buffer.
inline constexpr std::size_t kWorkerMessageBytes = 65536;
/// Local features that a worker tells of one picture: 38 kB of a reply.
inline constexpr std::size_t kLocalFeaturesMax = 1000;
/// Points of the longer side of the luminance that goes with them: 26 kB of a reply at most.
inline constexpr int kLumaSide = 160;
/// Images inside one object whose local features are held until they are compared, 50 kB each. Of more the rest is told
/// as not inspected: container_limit.
inline constexpr std::size_t kFeaturePartsMax = 128;
/// Images whose local features are remembered with what was answered about them: 33 MB at most.
inline constexpr std::size_t kFeaturesRemembered = 512;
/// Detections of one kind in a reply; 256 of them stay far below kWorkerMessageBytes.
inline constexpr std::size_t kDetectionsMax = 256;
/// Candidate boxes that one detector may hand to non-maximum suppression, best first; its cost grows with the square.
inline constexpr int kDetectionCandidatesMax = 1024;
/// Pixels that are ever decoded, whatever a request allows: 8-bit BGR at full scale takes 384 MiB of the worker's
/// default 1 GiB.
inline constexpr std::uint64_t kImagePixelsMax = std::uint64_t{1} << 27;
/// Pixels of one side that a reply can tell; images with a longer one are not decoded. PNG and TIFF headers may promise
/// 2^32.
inline constexpr std::uint32_t kImageSideMax = 1U << 20;
/// Marker segments walked to find a JPEG's frame header; large profiles take some hundreds.
inline constexpr std::size_t kJpegSegmentsMax = 4096;
/// Scans of one progressive JPEG; encoders write about ten, and each costs a pass over the whole image.
inline constexpr int kJpegScansMax = 100;
/// Entries read of one TIFF directory.
inline constexpr std::size_t kTiffEntriesMax = 1024;
/// Bytes of the maker, model or serial number that a camera writes into its images; real ones have up to 40.
inline constexpr std::size_t kCameraTextBytesMax = 64;
/// Overlays that one request asks for, each a look at the pixels at full scale: one for each lane of a large site.
inline constexpr std::size_t kOverlayRegionsMax = 16;
/// Boxes, chunks or blocks walked in one container to find the size of its image.
inline constexpr std::size_t kImageBoxesMax = 1024;
/// Nesting of ISO boxes; meta/iprp/ipco/ispe is four.
inline constexpr int kImageBoxDepthMax = 6;

}  // namespace sallyport::limits
