#include <fmt/format.h>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "api/v1/place.hpp"
#include "api/v1/range.hpp"
#include "api/v1/way.hpp"
#include "base/entry_json.hpp"
#include "base/path.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "service/content.hpp"
#include "service/metrics.hpp"
#include "service/preview/preview.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;
namespace preview = service::preview;
using Role = http::Principal::Role;
using transfer::caught;
constexpr auto kAsMuchAsThereIs = std::numeric_limits<std::uint64_t>::max();

/// A file on its way to a client.
struct Download : Way {
    using Way::Way;
    std::optional<Entry> facts;
    Selection selection;
};

std::string quoted_name(std::string_view path) {
    std::string encoded;
    for (const char c : path::name(path)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '.' || c == '-' || c == '_';
        encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return "attachment; filename*=UTF-8''" + encoded;
}

Conditions conditions_of(const http::Request& request) {
    return {request.header("range"), request.header("if-range"), request.header("if-match"),
            request.header("if-none-match")};
}

/// Counts a transfer when it is over, however it ended.
struct Count {
    Count(service::Metrics* metrics_, const char* direction_, std::shared_ptr<Way> way_)
        : metrics(metrics_), direction(direction_), way(std::move(way_)) {}
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() {
        if (metrics == nullptr) return;
        const auto* outcome = way->whole ? "done" : way->failure ? "failed" : "cut";
        metrics->content_moved(direction, way->protocol, outcome, way->bytes,
                               std::chrono::duration_cast<std::chrono::microseconds>(
                                   std::chrono::steady_clock::now() - began));
    }
    service::Metrics* metrics;
    const char* direction;
    std::shared_ptr<Way> way;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

/// On the engine's side, at the beginning: for Count.
void tell_protocol(const Place& place, const std::shared_ptr<Way>& way) {
    asio::post(way->executor, [way, word = place.protocol()] { way->protocol = word; });
}

awaitable<http::Response> get_content(http::Request& request, const AtPlace& at, service::Metrics* metrics) {
    const auto way = std::make_shared<Download>(request, co_await asio::this_coro::executor);
    const auto path = path_of(request);
    const bool text = flag(request, "text");
    const bool only_head = request.method == "HEAD";
    auto conditions = conditions_of(request);
    if (text) conditions.range.reset();
    std::function<awaitable<void>(Place&)> work = [=](Place& place) -> awaitable<void> {
        tell_protocol(place, way);
        service::DownloadRequest wanted;
        wanted.retrying = place.retrying;
        wanted.path = place.absolute(path);
        wanted.text = text;
        wanted.limit = place.limit;
        wanted.choose = [=](const Entry& entry) -> std::optional<std::pair<std::uint64_t, std::uint64_t>> {
            const auto selection = select(entry, conditions);
            asio::post(way->executor, [=] {
                way->facts = entry;
                way->selection = selection;
                way->news.notify_all();
            });
            if (only_head || selection.status >= 300) return std::nullopt;
            if (text || !entry.size) return std::pair(std::uint64_t{0}, kAsMuchAsThereIs);
            return std::pair(selection.part.offset, selection.part.length);
        };
        co_await service::download(place.sessions, place.patience, std::move(wanted), way->channel);
    };
    const auto holder = std::make_shared<Holder>(way);
    way->begin(at, std::move(work));
    while (!way->facts && !way->done)
        co_await way->news.wait();
    if (!way->facts) std::rethrow_exception(way->failure);

    const auto& facts = *way->facts;
    const auto& [status, part] = way->selection;
    // Only with its first piece is the file known to be readable: what is against it is an answer of its own.
    const auto first = std::make_shared<std::optional<http::Bytes>>();
    std::shared_ptr<Count> count;
    if (status < 300 && !only_head) {
        count = std::make_shared<Count>(metrics, "download", way);
        *first = co_await way->channel.read();
    }
    http::Response response;
    response.status = status;
    const auto etag = etag_of(facts);
    if (status == 412)
        throw http::Refusal{
            412, Error(ErrorCode::conflict, "The file is another version than If-Match says.").on(path), {}};
    if (status == 416)
        throw http::Refusal{
            416,
            Error(ErrorCode::invalid_argument,
                  fmt::format("The range begins beyond the file's {} bytes.", facts.size.value_or(0)))
                .on(path),
            {{"Content-Range", fmt::format("bytes */{}", facts.size.value_or(0))}}};
    if (!etag.empty()) response.with("ETag", etag);
    if (facts.modified) response.with("Last-Modified", http_date(*facts.modified));
    if (status == 304) co_return response;
    if (!text) response.with("Accept-Ranges", "bytes");
    response.with("Content-Type", "application/octet-stream");
    response.with("Content-Disposition", quoted_name(path));
    if (status == 206)
        response.with("Content-Range",
                      fmt::format("bytes {}-{}/{}", part.offset, part.offset + part.length - 1, *facts.size));
    if (only_head) {
        if (facts.size && !text) response.with("Content-Length", std::to_string(part.length));
        co_return response;
    }
    if (facts.size && !text) response.stream_size = part.length;
    response.stream = [holder, count, first]() -> awaitable<http::Bytes> {
        auto piece = *first ? *std::exchange(*first, std::nullopt) : co_await holder->way->channel.read();
        holder->way->bytes += piece.size();
        holder->way->whole = piece.empty();
        co_return piece;
    };
    co_return response;
}

/// What the parameters and headers say of an upload.
service::UploadRequest upload_of(const http::Request& request) {
    service::UploadRequest upload;
    auto& options = upload.options;
    const auto text = [&](std::string_view name) { return request.argument(name).value_or(""); };
    if (const auto policy = request.argument("ifExists")) try {
            options.if_exists = transfer::parse_if_exists(*policy);
        } catch (Error& error) {
            for (auto& fault : error.faults)
                fault.field = "ifExists";
            throw;
        }
    if (flag(request, "append")) {
        if (request.argument("ifExists") && options.if_exists != transfer::IfExists::append)
            throw bad_parameter("append", "true", "left out where ifExists says something else");
        options.if_exists = transfer::IfExists::append;
    }
    options.staging_directory = text("stagingDirectory");
    options.temporary_extension = text("temporaryExtension");
    if (options.temporary_extension.find('/') != std::string::npos)
        throw bad_parameter("temporaryExtension", options.temporary_extension, "without a slash");
    path::refuse_control_bytes(options.staging_directory, "stagingDirectory");
    path::refuse_control_bytes(options.temporary_extension, "temporaryExtension");
    options.checksum = flag(request, "checksum");
    options.text = flag(request, "text");
    options.in_place = flag(request, "inPlace");
    options.drop_box = flag(request, "dropBox");
    upload.make_parents = flag(request, "parents");
    upload.size = request.body->announced_size();
    for (const auto* name : {"content-digest", "repr-digest"}) {
        const auto digests = parse_digests(request.header(name).value_or(""));
        if (digests.sha256) upload.sha256 = digests.sha256;
        if (digests.sha512) upload.sha512 = digests.sha512;
    }
    if (request.header("content-range"))
        throw Error(ErrorCode::invalid_argument,
                    "A part of a file cannot be put; Content-Range is not possible.")
            .hinting("put all of it, or append with ifExists=append");
    if (request.header("content-encoding").value_or("identity") != "identity")
        throw Error(ErrorCode::unsupported,
                    "Content is stored as it comes; Content-Encoding is not possible.");
    return upload;
}

/// From the client to the channel, at the pace at which the server takes it.
awaitable<void> pump(http::Body& body, Way& way) {
    auto& channel = way.channel;
    const bool wanted = co_await channel.wait_wanted();
    while (wanted) {
        auto piece = co_await body.read();
        if (piece.empty()) {
            channel.finish();
            co_return;
        }
        way.bytes += piece.size();
        const bool taken = co_await channel.write(std::move(piece));
        if (!taken) co_return;
    }
}

struct Uploaded {
    transfer::TransferResult result;
    std::optional<Entry> before, after;
};

http::Response answer(const service::UploadRequest& upload, const Uploaded& uploaded) {
    const auto& result = uploaded.result;
    boost::json::object document;
    document["target"] = to_valid_utf8(result.target);
    document["outcome"] = to_string(result.outcome);
    if (!result.reason.empty()) document["reason"] = result.reason;
    document["bytes"] = result.bytes;
    document["proof"] = to_string(result.proof);
    document["checksum"] = nullptr;
    if (!result.checksum.empty()) document["checksum"] = result.checksum;
    auto& warnings = document["warnings"].emplace_array();
    for (const auto& warning : result.warnings)
        warnings.emplace_back(to_valid_utf8(warning));
    document["entry"] = nullptr;
    if (uploaded.after) {
        fmt::memory_buffer entry;
        append_json(entry, *uploaded.after);
        document["entry"] = boost::json::parse(fmt::to_string(entry));
    }
    const bool is_new =
        result.outcome == transfer::Outcome::transferred &&
        (!uploaded.before || (uploaded.after && uploaded.before->path != uploaded.after->path));
    auto response = json_response(is_new ? 201 : 200, boost::json::serialize(document));
    if (uploaded.after)
        if (const auto etag = etag_of(*uploaded.after); !etag.empty()) response.with("ETag", etag);
    auto sha256 = upload.sha256.value_or("");
    if (result.checksum.starts_with("sha256:")) sha256 = result.checksum.substr(7);
    if (result.outcome == transfer::Outcome::transferred) {
        if (!sha256.empty()) response.with("Repr-Digest", digest_header("sha-256", sha256));
        if (sha256.empty() && upload.sha512)
            response.with("Repr-Digest", digest_header("sha-512", *upload.sha512));
    }
    return response;
}

awaitable<http::Response> put_content(http::Request& request, const AtPlace& at, service::Metrics* metrics) {
    const auto path = path_of(request);
    if (path.empty() || path.ends_with('/'))
        throw bad_parameter("path", path, "the path of a file, without a slash at its end");
    auto upload = upload_of(request);
    const auto if_match = request.header("if-match");
    const bool must_be_new = request.header("if-none-match").value_or("") == "*";
    if (must_be_new) upload.options.if_exists = transfer::IfExists::fail;
    const auto way = std::make_shared<Way>(request, co_await asio::this_coro::executor);
    way->uploads = true;
    const Count count(metrics, "upload", way);
    const auto uploaded = std::make_shared<Uploaded>();
    std::function<awaitable<void>(Place&)> work = [=](Place& place) -> awaitable<void> {
        tell_protocol(place, way);
        auto wanted = upload;
        wanted.retrying = place.retrying;
        wanted.path = place.absolute(path);
        wanted.options.limits.add(place.limit);
        if (wanted.options.staging_directory.starts_with('/'))
            wanted.options.staging_directory = path::confine(wanted.options.staging_directory);
        uploaded->before = co_await service::find_entry(place.sessions, place.patience, wanted.path);
        const bool is_other =
            if_match && (!uploaded->before || !names_tag(*if_match, etag_of(*uploaded->before), true));
        if (is_other)
            throw http::Refusal{
                412,
                Error(ErrorCode::conflict, "The file is another version than If-Match says, or is not there.")
                    .on(path),
                {}};
        if (must_be_new && uploaded->before)
            throw http::Refusal{
                412,
                Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", path)).on(path),
                {}};
        if (uploaded->before && uploaded->before->type == EntryType::directory)
            throw Error(ErrorCode::conflict, fmt::format("'{}' is a directory.", path)).on(path);
        uploaded->result =
            co_await service::upload(place.sessions, place.journal, std::move(wanted), way->channel);
        uploaded->after =
            co_await service::find_entry(place.sessions, place.patience, uploaded->result.target);
    };
    way->begin(at, std::move(work));
    const auto broke = co_await caught(pump(*request.body, *way));
    if (broke) way->channel.fail(*broke);
    while (!way->done) {
        // Stopped: so is the server's side, which may be waiting for its server. Its end is waited for in any case.
        if (broke && broke->code == ErrorCode::cancelled) way->abandon();
        const auto stopped = co_await caught(way->news.wait());
        if (!stopped) continue;
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        way->abandon();
    }
    if (broke) throw Error(*broke);
    if (way->failure) std::rethrow_exception(way->failure);
    way->whole = true;
    co_return answer(upload, *uploaded);
}

preview::Options preview_options(const http::Request& request) {
    preview::Options options;
    if (const auto rows = number(request, "rows")) options.rows = *rows;
    if (const auto bytes = request.argument("bytes")) options.bytes = parse_size(*bytes, "bytes");
    if (const auto mark = request.argument("delimiter")) 
        options.delimiter = read_parameter("delimiter", *mark, preview::parse_delimiter);
    if (const auto mark = request.argument("quote")) 
        options.quote = read_parameter("quote", *mark, preview::parse_quote);
    if (const auto word = request.argument("compression"))
        options.compression = read_parameter("compression", *word, preview::parse_compression);
    options.encoding = request.argument("encoding").value_or("");
    options.header = read_parameter("header", request.argument("header").value_or("auto"), preview::parse_header);
    preview::check(options);
    return options;
}

awaitable<http::Response> get_preview(http::Request& request, const AtPlace& at) {
    const auto path = path_of(request);
    const auto options = preview_options(request);
    boost::json::object document;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        const auto wanted = place.absolute(path);
        preview::Preview found;
        std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
            found = co_await preview::preview(files, wanted, options);
        };
        co_await transfer::persistently(place.sessions, place.patience, wanted, {}, std::move(look));
        document = to_json(found);
        document["path"] = to_valid_utf8(wanted);
    };
    co_await at(request, std::move(work));
    auto response = json_response(200, boost::json::serialize(document));
    co_return response;
}

}  // namespace

std::vector<http::Route> content_routes(const std::string& prefix, AtPlace at, service::Metrics* metrics) {
    const http::RouteNotes::Parameter path{"path",
                                           "the file, below the place's root or the session's directory"};
    http::RouteNotes get, put, look;
    get.description =
        "Streamed, at the pace of the reader. What breaks off on the server's side is gone on with if the "
        "file is still the same version.";
    get.parameters = {
        path,
        {"text", "FTP: text mode, line ends as on this machine", "boolean"},
        {"Range", "one part: bytes=0-99, bytes=100-, bytes=-10", "string", true},
        {"If-Range", "an ETag or a date: all of it where the file is another version", "string", true},
        {"If-Match", "an ETag", "string", true},
        {"If-None-Match", "an ETag", "string", true}};
    get.response = "application/octet-stream";
    get.failures = {206, 404, 412, 416};
    put.description = "Written under a hidden name, proven, and only then given its final name.";
    put.parameters = {
        path,
        {"ifExists", "overwrite, fail, skip, append, rename, newer or different"},
        {"append", "the same as ifExists=append", "boolean"},
        {"stagingDirectory", "where the bytes go meanwhile; beside the target unless it begins with a slash"},
        {"temporaryExtension", "what the name ends in meanwhile; without it a hidden name"},
        {"parents", "makes the directories above", "boolean"},
        {"checksum", "proves the content, by the server's checksum or by reading back", "boolean"},
        {"text", "FTP: text mode", "boolean"},
        {"inPlace", "write under the final name where the server cannot rename", "boolean"},
        {"dropBox",
         "the server hides or takes away what is complete: write under the final name, and take its word",
         "boolean"},
        {"Content-Digest", "sha-256=:BASE64: or sha-512; another content is refused", "string", true},
        {"If-Match", "an ETag: only over this version", "string", true},
        {"If-None-Match", "*: only a new file", "string", true}};
    put.request = "application/octet-stream";
    put.response = "Uploaded";
    put.success = 201;
    put.failures = {200, 404, 409, 412};
    look.parameters = {path,
                       {"rows", "so many rows or lines, 1 to 1000; 20 unless said", "integer"},
                       {"bytes", "look at no more than so much of it, unpacked; 256K unless said"},
                       {"delimiter", "one character, or tab; found out without it"},
                       {"quote", "one character, or none"},
                       {"header", "whether the first row names the columns: yes, no or auto"},
                       {"encoding", "such as UTF-8, ISO-8859-1, windows-1252, UTF-16LE"},
                       {"compression", "none, gzip, deflate or bzip2"}};
    look.response = "Preview";
    look.failures = {404};
    return {
        {"GET", prefix + "/content", Role::viewer, "The bytes of a file, or a range of them",
         [at, metrics](http::Request& request) { return get_content(request, at, metrics); }, get},
        {"PUT", prefix + "/content", Role::operator_, "Write a file: temporary name, proof, final name",
         [at, metrics](http::Request& request) { return put_content(request, at, metrics); }, put},
        {"GET", prefix + "/preview", Role::viewer,
         "The first rows of a text or CSV file, and how it is written",
         [at](http::Request& request) { return get_preview(request, at); }, look},
    };
}

}  // namespace fairlead::api
