#include "flow/transform.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "fairlead/error.hpp"

namespace fairlead::flow {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kEnds{
    {{"gzip", ".gz"}, {"zstd", ".zst"}, {"zip", ".zip"}}};

struct CloseReader {
    void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};
struct CloseWriter {
    void operator()(archive* writer) const noexcept { archive_write_free(writer); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};
using Reader = std::unique_ptr<archive, CloseReader>;
using Writer = std::unique_ptr<archive, CloseWriter>;
using EntryPtr = std::unique_ptr<archive_entry, FreeEntry>;

la_ssize_t read_piece(archive*, void* ends, const void** buffer) {
    auto& from = *static_cast<Ends*>(ends);
    const auto bytes = from.pull();
    *buffer = bytes.data();
    return from.failed() ? -1 : static_cast<la_ssize_t>(bytes.size());
}
la_ssize_t write_piece(archive*, void* ends, const void* buffer, size_t count) {
    return static_cast<Ends*>(ends)->push(buffer, count) ? static_cast<la_ssize_t>(count) : -1;
}

/// A file without a name, which is gone with its descriptor.
class Spool {
  public:
    explicit Spool(const std::string& folder) {
        std::error_code ignored;
        std::filesystem::create_directories(folder, ignored);
        descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (descriptor_ < 0) fail(folder);
    }
    ~Spool() { ::close(descriptor_); }
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    int descriptor() const noexcept { return descriptor_; }
    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const auto count = ::write(descriptor_, bytes.data(), bytes.size());
            if (count < 0 && errno != EINTR) fail("the spool");
            if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
    }
    void rewind() const { ::lseek(descriptor_, 0, SEEK_SET); }

  private:
    [[noreturn]] static void fail(const std::string& where) {
        throw Error(errno == ENOSPC ? ErrorCode::no_space : ErrorCode::internal,
                    fmt::format("What has to be unpacked cannot be kept in {}: {}.", where, std::strerror(errno)));
    }
    int descriptor_ = -1;
};

class Copying {
  public:
    explicit Copying(const Transformation& file) : file_(file), ends_(file), buffer_(kPiece) {}

    /// Reads the content of the only file in what comes, packed so.
    void read(std::string_view format) {
        reader_.reset(archive_read_new());
        auto* reader = reader_.get();
        if (format == "gzip") archive_read_support_filter_gzip(reader);
        if (format == "zstd") archive_read_support_filter_zstd(reader);
        if (format == "zip")
            archive_read_support_format_zip_seekable(reader);
        else
            archive_read_support_format_raw(reader);
        if (format != "zip") archive_read_support_format_empty(reader);
        must(reader, format == "zip" ? open_spool() : archive_read_open(reader, &ends_, nullptr, read_piece, nullptr),
             ErrorCode::invalid_argument, "unpacked");
        archive_entry* entry = nullptr;
        const auto result = archive_read_next_header(reader, &entry);
        ends_.check();
        empty_ = result == ARCHIVE_EOF;
        if (empty_ && format == "zip") refuse(format);
        if (!empty_) must(reader, result, ErrorCode::invalid_argument, "unpacked");
        const bool packed = archive_filter_count(reader) > 1;
        if (!packed && (format == "gzip" || format == "zstd")) refuse(format);
    }

    void write(std::string_view format, int level) {
        writer_.reset(archive_write_new());
        auto* writer = writer_.get();
        archive_write_set_bytes_per_block(writer, kPiece);
        archive_write_set_bytes_in_last_block(writer, 1);
        if (format == "zip")
            archive_write_set_format_zip(writer);
        else
            archive_write_set_format_raw(writer);
        if (format == "gzip") archive_write_add_filter_gzip(writer);
        if (format == "zstd") archive_write_add_filter_zstd(writer);
        if (format == "gzip") archive_write_set_filter_option(writer, nullptr, "timestamp", nullptr);
        if (level > 0) {
            const auto text = std::to_string(level);
            if (format == "zip")
                archive_write_set_format_option(writer, nullptr, "compression-level", text.c_str());
            else
                archive_write_set_filter_option(writer, nullptr, "compression-level", text.c_str());
        }
        must(writer, archive_write_open(writer, &ends_, nullptr, write_piece, nullptr), ErrorCode::internal, "written");
        const EntryPtr entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), file_.name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        if (format == "zip" && file_.size) archive_entry_set_size(entry.get(), static_cast<la_int64_t>(*file_.size));
        if (format == "zip" && file_.modified)
            archive_entry_set_mtime(entry.get(), std::chrono::system_clock::to_time_t(*file_.modified), 0);
        must(writer, archive_write_header(writer, entry.get()), ErrorCode::internal, "written");
    }

    void copy() {
        while (!empty_) {
            const auto got = archive_read_data(reader_.get(), buffer_.data(), buffer_.size());
            if (got < 0) must(reader_.get(), ARCHIVE_FATAL, ErrorCode::invalid_argument, "unpacked");
            if (got == 0) break;
            if (archive_write_data(writer_.get(), buffer_.data(), static_cast<std::size_t>(got)) != got)
                must(writer_.get(), ARCHIVE_FATAL, ErrorCode::internal, "written");
        }
        archive_entry* more = nullptr;
        if (!empty_ && archive_read_next_header(reader_.get(), &more) == ARCHIVE_OK)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' holds more than one file.", file_.name))
                .hinting("unzip is for archives of one file");
        ends_.drain();
        must(writer_.get(), archive_write_close(writer_.get()), ErrorCode::internal, "written");
    }

  private:
    /// What is in a ZIP archive stands at its end.
    int open_spool() {
        spool_.emplace(file_.spool);
        for (auto bytes = file_.pull(); !bytes.empty(); bytes = file_.pull())
            spool_->write(bytes);
        spool_->rewind();
        return archive_read_open_fd(reader_.get(), spool_->descriptor(), kPiece);
    }

    void must(archive* of, int result, ErrorCode code, std::string_view what) const {
        ends_.check();
        if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
        const char* const words = archive_error_string(of);
        throw Error(code, fmt::format("'{}' cannot be {}: {}.", file_.name, what,
                                      words != nullptr ? words : "it is not understood"));
    }
    [[noreturn]] void refuse(std::string_view format) const {
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no {} file.", file_.name, format));
    }

    const Transformation& file_;
    Ends ends_;
    std::optional<Spool> spool_;
    std::vector<char> buffer_;
    Reader reader_;
    Writer writer_;
    bool empty_ = false;
};

void convert(const Transformation& file, std::string_view from, std::string_view to, int level) {
    Copying copying(file);
    copying.read(from);
    copying.write(to, level);
    copying.copy();
}

/// "gunzip" is from "gzip".
std::string_view packed_by(std::string_view action) {
    if (action == "gunzip") return "gzip";
    if (action == "unzstd") return "zstd";
    if (action == "unzip") return "zip";
    return {};
}

}  // namespace

std::span<const std::byte> Ends::pull() noexcept {
    if (failure_ || ended_) return {};
    try {
        bytes_ = file_.pull();
    } catch (...) {
        failure_ = std::current_exception();
        bytes_.clear();
    }
    ended_ = bytes_.empty();
    return bytes_;
}

bool Ends::push(const void* bytes, std::size_t count) noexcept {
    if (failure_) return false;
    try {
        if (count > 0) file_.push(std::span(static_cast<const std::byte*>(bytes), count));
    } catch (...) {
        failure_ = std::current_exception();
    }
    return !failure_;
}

void Ends::check() const {
    if (failure_) std::rethrow_exception(failure_);
}

void Ends::drain() {
    while (!pull().empty()) {}
    check();
}

bool changes_content(const catalog::FlowStep& step) noexcept {
    return step.action != "rename" && step.action != "checksum" && step.action != "marker";
}

void transform(const Transformation& file, const catalog::FlowStep& step) {
    const auto& action = step.action;
    if (action == "encrypt") return encrypt(file, step.recipients, step.armor);
    if (action == "decrypt") return decrypt(file);
    if (const auto packed = packed_by(action); !packed.empty()) return convert(file, packed, {}, 0);
    convert(file, {}, action, static_cast<int>(step.level));
}

std::string name_after(const std::string& name, const catalog::FlowStep& step) {
    const auto without = [&](std::initializer_list<std::string_view> ends) {
        for (const auto end : ends)
            if (name.size() > end.size() && name.ends_with(end)) return name.substr(0, name.size() - end.size());
        return name;
    };
    for (const auto& [action, end] : kEnds) {
        if (step.action == action) return name + std::string(end);
        if (packed_by(step.action) == action) return without({end});
    }
    if (step.action == "encrypt") return name + (step.armor ? ".asc" : ".pgp");
    if (step.action == "decrypt") return without({".pgp", ".gpg", ".asc"});
    return name;
}

}  // namespace fairlead::flow
