// The file of managed CPU pools, cpu_pool.xml in the form that xend has always kept its objects in (spec
// domain-lifecycle section 14). Replaced as a whole.
#pragma once

#include <string>
#include <vector>

#include "xend/node/cpu_pools.h"

namespace xend {

// The pools of FOLDER/cpu_pool.xml; none when there is no such file. Throws Error for one that cannot be read or is not
// of that form.
std::vector<PoolRecord> read_pool_state(const std::string& folder);

// Makes `folder` when it is missing. Throws Error; then the file is as it was.
void write_pool_state(const std::string& folder, const std::vector<PoolRecord>& pools);

}  // namespace xend
