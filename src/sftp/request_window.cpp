#include "sftp/request_window.hpp"

#include <algorithm>

namespace fairlead::sftp {

bool FlightLimit::stalled() noexcept {
    if (limit_ == 1) return false;
    limit_ = 1;
    most_ = 1;  // whoever stalled once would stall again
    return true;
}

ReadWindow::ReadWindow(std::uint64_t offset, std::optional<std::uint64_t> size, std::uint32_t piece,
                       FlightLimit flight, unsigned blind)
    : flight_(flight), size_(size), next_offset_(offset), piece_(piece), blind_(blind) {
    // Several servers announce 0 for what is generated on reading: no size at all rather than an empty file.
    if (size_ == std::uint64_t{0}) size_.reset();
}

ReadWindow::Request ReadWindow::ask(Slot& slot) {
    slot.ticket = next_ticket_++;
    ++in_flight_;
    return {slot.ticket, slot.number, slot.offset + slot.have, slot.have, slot.wanted - slot.have};
}

std::optional<ReadWindow::Request> ReadWindow::next_request(unsigned waiting) {
    if (in_flight_ >= flight_.limit()) return std::nullopt;
    // What was answered short, or given up, comes first: the reader is waiting for it.
    for (auto& slot : slots_)
        if (!slot.complete && slot.ticket == 0) return ask(slot);
    if (end_ || slots_.size() + waiting >= flight_.limit()) return std::nullopt;

    auto length = piece_;
    if (size_ && !proven_beyond_) {
        if (beyond_size()) {
            // One request to prove the end.
            if (!slots_.empty() && slots_.back().offset >= *size_) return std::nullopt;
        } else {
            length = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, *size_ - next_offset_));
        }
    } else if (!size_ && in_flight_ >= blind_) {
        return std::nullopt;
    }
    slots_.push_back({next_number_++, next_offset_, length});
    next_offset_ += length;
    return ask(slots_.back());
}

ReadWindow::Slot* ReadWindow::slot_of(std::uint64_t ticket) {
    for (auto& slot : slots_)
        if (slot.ticket == ticket && ticket != 0) return &slot;
    return nullptr;
}

bool ReadWindow::expects(std::uint64_t ticket) const noexcept {
    return std::any_of(slots_.begin(), slots_.end(),
                       [ticket](const Slot& slot) { return ticket != 0 && slot.ticket == ticket; });
}

void ReadWindow::answered(std::uint64_t ticket, std::uint32_t length) {
    auto* slot = slot_of(ticket);
    if (slot == nullptr) return;
    slot->ticket = 0;
    --in_flight_;
    slot->have += length;
    slot->complete = slot->have >= slot->wanted;
    if (size_ && slot->offset >= *size_) proven_beyond_ = true;
    // A server that gives less than was asked, though the file goes on, has a limit that it did not tell.
    if (!slot->complete && (!size_ || slot->offset + slot->wanted <= *size_))
        piece_ = std::max<std::uint32_t>(std::min(piece_, length), std::min<std::uint32_t>(piece_, 4096));
    flight_.answered();
    // Blind reading goes faster once the file has turned out to be long.
    if (!size_ && slot->complete && blind_ < flight_.limit()) blind_ *= 2;
}

void ReadWindow::ended(std::uint64_t ticket) {
    auto* slot = slot_of(ticket);
    if (slot == nullptr) return;
    slot->ticket = 0;
    --in_flight_;
    slot->complete = true;
    const auto end = slot->offset + slot->have;
    end_ = std::min(end_.value_or(end), end);
}

bool ReadWindow::stalled() {
    if (!flight_.stalled()) return false;
    for (auto& slot : slots_)
        slot.ticket = 0;
    in_flight_ = 0;
    return true;
}

std::optional<ReadWindow::Piece> ReadWindow::next_piece() {
    while (!slots_.empty()) {
        const auto slot = slots_.front();
        const bool after_end = end_ && slot.offset >= *end_;
        if (!slot.complete && !after_end) return std::nullopt;
        if (after_end && slot.ticket != 0) return std::nullopt;  // its answer needs its buffer
        slots_.pop_front();
        if (!after_end && slot.have > 0) return Piece{slot.number, slot.offset, slot.have};
    }
    return std::nullopt;
}

bool ReadWindow::done() const noexcept {
    return end_.has_value() && slots_.empty();
}

}  // namespace fairlead::sftp
