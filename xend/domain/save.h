// Saving a domain to a file, and making one out of an image again (spec protocols section 2).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "xend/domain/host.h"

namespace xend {

// Writes the domain to `path`, whole or not at all, and then takes it off the host; with `checkpoint` it goes on
// running instead, and with `live` it is stopped only for what it has changed while its memory was copied. Throws
// Error; the domain then runs on and a file of that name is as it was.
void save_domain(Host& host, const std::shared_ptr<Domain>& domain, const std::string& path, bool checkpoint,
                 bool live = false);

// Makes a domain of the image in `path`, checked from end to end before anything is made. It runs when this returns,
// unless `paused`. Throws Error; then nothing of it is there.
std::shared_ptr<Domain> restore_domain(Host& host, const std::string& path, bool paused);

// The same for a managed domain that is suspended; its dormant entry makes way. `before_it_runs` is called when it has
// its memory and its devices; when that throws, the domain is destroyed.
void restore_checkpoint(Host& host, const std::string& path, bool paused, const std::function<void()>& before_it_runs);

// Makes a domain of what comes out of `fd`: head and memory, as on a relocation socket. It runs when this returns.
std::shared_ptr<Domain> receive_domain(Host& host, int fd);

// Throws Error "Domain 'NAME' already exists with ID 'N'" when the domain of a configuration runs here already, by its
// name or its UUID.
void refuse_if_here(Host& host, const sxp::Value& config);

}  // namespace xend
