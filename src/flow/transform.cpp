#include "flow/transform.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

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

[[noreturn]] void fail(archive* of, ErrorCode code, const std::string& doing, const std::string& path) {
    const auto number = archive_errno(of);
    const char* const words = archive_error_string(of);
    throw Error(number == ENOSPC ? ErrorCode::no_space : code,
                fmt::format("{}: {}.", doing, words != nullptr ? words : "it is not understood"))
        .on(path);
}

void must(archive* of, int result, ErrorCode code, const std::string& doing, const std::string& path) {
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail(of, code, doing, path);
}

class Copying {
  public:
    Copying(const Transformation& file, const std::function<bool()>& may_go_on)
        : file_(file), may_go_on_(may_go_on), buffer_(kPiece) {}

    /// Reads the content of the only file in `from`, packed so.
    void read(std::string_view format) {
        reader_.reset(archive_read_new());
        auto* reader = reader_.get();
        if (format == "gzip") archive_read_support_filter_gzip(reader);
        if (format == "zstd") archive_read_support_filter_zstd(reader);
        if (format == "zip")
            archive_read_support_format_zip(reader);
        else
            archive_read_support_format_raw(reader);
        if (format != "zip") archive_read_support_format_empty(reader);
        must(reader, archive_read_open_filename(reader, file_.from.c_str(), kPiece), ErrorCode::invalid_argument,
             fmt::format("'{}' cannot be unpacked", file_.name), file_.from);
        archive_entry* entry = nullptr;
        const auto result = archive_read_next_header(reader, &entry);
        empty_ = result == ARCHIVE_EOF;
        if (empty_ && format == "zip") refuse(format);
        if (!empty_)
            must(reader, result, ErrorCode::invalid_argument, fmt::format("'{}' cannot be unpacked", file_.name), file_.from);
        const bool packed = archive_filter_count(reader) > 1;
        if (!packed && (format == "gzip" || format == "zstd")) refuse(format);
    }

    void write(std::string_view format, int level) {
        writer_.reset(archive_write_new());
        auto* writer = writer_.get();
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
        const auto doing = fmt::format("'{}' cannot be written", file_.name);
        must(writer, archive_write_open_filename(writer, file_.to.c_str()), ErrorCode::internal, doing, file_.to);
        const EntryPtr entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), file_.name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        struct stat facts {};
        if (::stat(file_.from.c_str(), &facts) == 0 && format == "zip") {
            archive_entry_set_size(entry.get(), facts.st_size);
            archive_entry_set_mtime(entry.get(), facts.st_mtime, 0);
        }
        must(writer, archive_write_header(writer, entry.get()), ErrorCode::internal, doing, file_.to);
    }

    void copy() {
        const auto doing = fmt::format("'{}' cannot be written", file_.name);
        while (!empty_) {
            if (may_go_on_ && !may_go_on_()) throw Error(ErrorCode::cancelled, "Stopped before the end.");
            const auto got = archive_read_data(reader_.get(), buffer_.data(), buffer_.size());
            if (got < 0)
                fail(reader_.get(), ErrorCode::invalid_argument, fmt::format("'{}' cannot be unpacked", file_.name), file_.from);
            if (got == 0) break;
            if (archive_write_data(writer_.get(), buffer_.data(), static_cast<std::size_t>(got)) != got)
                fail(writer_.get(), ErrorCode::internal, doing, file_.to);
        }
        archive_entry* more = nullptr;
        if (!empty_ && archive_read_next_header(reader_.get(), &more) == ARCHIVE_OK)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' holds more than one file.", file_.name))
                .on(file_.from)
                .hinting("unzip is for archives of one file");
        must(writer_.get(), archive_write_close(writer_.get()), ErrorCode::internal, doing, file_.to);
    }

  private:
    [[noreturn]] void refuse(std::string_view format) const {
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no {} file.", file_.name, format)).on(file_.from);
    }

    const Transformation& file_;
    const std::function<bool()>& may_go_on_;
    std::vector<char> buffer_;
    Reader reader_;
    Writer writer_;
    bool empty_ = false;
};

void convert(const Transformation& file, std::string_view from, std::string_view to, int level,
             const std::function<bool()>& may_go_on) {
    Copying copying(file, may_go_on);
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

bool changes_content(const catalog::FlowStep& step) noexcept {
    return step.action != "rename" && step.action != "checksum" && step.action != "marker";
}

void transform(const Transformation& file, const catalog::FlowStep& step, const std::function<bool()>& may_go_on) {
    const auto& action = step.action;
    if (action == "encrypt") return encrypt_file(file, step.recipients, step.armor, may_go_on);
    if (action == "decrypt") return decrypt_file(file, may_go_on);
    if (const auto packed = packed_by(action); !packed.empty()) return convert(file, packed, {}, 0, may_go_on);
    convert(file, {}, action, static_cast<int>(step.level), may_go_on);
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
