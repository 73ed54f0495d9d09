#include "http/zip_stream.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace fairlead::http {
namespace {

/// Packing a large file would take longer than sending it, on the loop that others are served on.
constexpr std::uint64_t kWorthPacking = 1024 * 1024;

}  // namespace

struct ZipStream::Parts {
    Parts() : archive(archive_write_new()) {
        require(archive_write_set_format_zip(archive));
        require(archive_write_set_options(archive, "zip:hdrcharset=UTF-8,zip:compression-level=1"));
        require(archive_write_set_bytes_per_block(archive, 0));  // as it comes, without padding
        require(archive_write_open(archive, this, nullptr, &written, nullptr));
    }
    ~Parts() { archive_write_free(archive); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    static la_ssize_t written(struct archive*, void* self, const void* bytes, size_t count) {
        const auto* begin = static_cast<const std::byte*>(bytes);
        auto& made = static_cast<Parts*>(self)->made;
        made.insert(made.end(), begin, begin + count);
        return static_cast<la_ssize_t>(count);
    }
    void require(int result) const {
        if (result >= ARCHIVE_WARN) return;
        const auto* why = archive_error_string(archive);
        throw Error(ErrorCode::internal, fmt::format("The ZIP file cannot be made: {}.", why ? why : "out of memory"));
    }

    struct archive* archive;
    Bytes made;
};

ZipStream::ZipStream() : parts_(std::make_unique<Parts>()) {}
ZipStream::~ZipStream() = default;

void ZipStream::begin(const std::string& name, std::uint64_t size) {
    if (size > kWorthPacking)
        parts_->require(archive_write_zip_set_compression_store(parts_->archive));
    else
        parts_->require(archive_write_zip_set_compression_deflate(parts_->archive));
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), &archive_entry_free);
    archive_entry_set_pathname_utf8(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
    parts_->require(archive_write_header(parts_->archive, entry.get()));
}

void ZipStream::add(std::span<const std::byte> content) {
    while (!content.empty()) {
        const auto taken = archive_write_data(parts_->archive, content.data(), content.size());
        if (taken <= 0) {
            parts_->require(ARCHIVE_FATAL);
            return;
        }
        content = content.subspan(static_cast<std::size_t>(taken));
    }
}

void ZipStream::finish() {
    parts_->require(archive_write_close(parts_->archive));
}

Bytes ZipStream::take() {
    return std::exchange(parts_->made, {});
}

}  // namespace fairlead::http
