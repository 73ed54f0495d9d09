#pragma once

#include <string>

/// A file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    int get() const { return fd_; }

  private:
    int fd_;
};

/// How one end of the link is set up.
struct EndOptions {
    std::string address;               ///< IPv4, this end's own
    std::string congestion = "cubic";  ///< of TCP over the link
    int mtu = 9000;
    bool offload = true;  ///< pass TCP segments of up to 64 KiB and no checksums through the relay
};

/// One end: a network namespace of its own with loopback and a TUN device up. It lives as long as a process
/// is in it or its descriptor is open.
struct LinkEnd {
    Descriptor network;  ///< of the namespace, for setns
    Descriptor tun;      ///< non-blocking; reading gives one packet with its virtio header, writing takes one
};

/// Makes one end. The calling thread stays inside the new namespace.
/// Throws std::runtime_error with a sentence that says what is missing.
LinkEnd make_end(const EndOptions& options);
