#pragma once

#include <memory>
#include <string>

#include "base/charset.hpp"
#include "fairlead/file_system.hpp"
#include "ftp/listing/list_parser.hpp"
#include "ftp/transfer.hpp"

namespace fairlead::ftp {

/// A running MLSD, LIST or NLST as a Listing: entries come out in batches while the data flows, and the last
/// batch only when the server has confirmed the end. `directory` is put before the names to make the entries'
/// paths. `charset` must outlive it.
class ListingStream final : public Listing {
  public:
    ListingStream(std::unique_ptr<Transfer> transfer, ListOptions options, std::string directory,
                  const Charset& charset);

    awaitable<std::vector<Entry>> next() override;
    std::uint64_t left_out() const override { return parser_.unsafe(); }
    /// How many lines were not understood; for who must judge an empty result.
    std::size_t skipped() const noexcept { return parser_.skipped(); }

  private:
    awaitable<std::vector<Entry>> do_next();
    awaitable<std::size_t> read_some();
    awaitable<void> end();
    std::vector<Entry> take();

    std::unique_ptr<Transfer> transfer_;
    ListParser parser_;
    std::string directory_;
    const Charset& charset_;
    bool ended_ = false;
};

/// Takes entries that are there already, then those of another listing (may be null).
std::unique_ptr<Listing> listing_of(std::vector<Entry> first, std::unique_ptr<Listing> rest);

}  // namespace fairlead::ftp
