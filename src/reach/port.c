#include "reach/port.h"

#include <stddef.h>

enum { TCP = 1, UDP = 2, BOTH = TCP | UDP };

#define M_I SEVERITY_MEDIUM, SEVERITY_INFORMATIONAL
#define M_L SEVERITY_MEDIUM, SEVERITY_LOW
#define H_M SEVERITY_HIGH, SEVERITY_MEDIUM
#define L_I SEVERITY_LOW, SEVERITY_INFORMATIONAL

/* Amazon Inspector's user guide, "Severity levels for findings", network reachability. */
static const struct {
    int port, protocols;
    enum severity internet, elsewhere;
} ports[] = {
    /* DHCP */
    {67, BOTH, M_I},
    {68, BOTH, M_I},
    {546, BOTH, M_I},
    {547, BOTH, M_I},
    /* Elasticsearch */
    {9300, TCP, M_I},
    {9200, TCP, M_I},
    /* FTP */
    {21, BOTH, H_M},
    /* global catalog, LDAP and over TLS */
    {3268, TCP, M_I},
    {3269, TCP, M_I},
    /* HTTP, HTTPS */
    {80, BOTH, L_I},
    {443, BOTH, L_I},
    /* Kerberos */
    {88, BOTH, M_I},
    {464, BOTH, M_I},
    {543, TCP, M_I},
    {544, TCP, M_I},
    {749, BOTH, M_I},
    {750, UDP, M_I},
    {751, BOTH, M_I},
    {752, UDP, M_I},
    /* LDAP, LDAPS */
    {389, BOTH, M_I},
    {636, TCP, M_I},
    /* MongoDB */
    {27017, TCP, M_I},
    {27018, TCP, M_I},
    {27019, TCP, M_I},
    {28017, TCP, M_I},
    /* MySQL */
    {3306, TCP, M_I},
    /* NetBIOS */
    {137, BOTH, M_I},
    {138, UDP, M_I},
    {139, TCP, M_I},
    /* NFS */
    {111, BOTH, M_I},
    {2049, BOTH, M_I},
    {4045, BOTH, M_I},
    {1110, BOTH, M_I},
    /* Oracle */
    {1521, TCP, M_I},
    {1630, TCP, M_I},
    /* PostgreSQL */
    {5432, TCP, M_I},
    /* print services */
    {515, TCP, H_M},
    /* RDP */
    {3389, BOTH, M_L},
    /* RPC */
    {135, BOTH, M_I},
    {530, BOTH, M_I},
    /* SMB */
    {445, BOTH, M_I},
    /* SSH */
    {22, BOTH, M_L},
    /* SQL Server */
    {1433, TCP, M_I},
    {1434, UDP, M_I},
    /* syslog */
    {601, TCP, M_I},
    {514, UDP, M_I},
    /* Telnet */
    {23, BOTH, H_M},
    /* WINS */
    {1512, BOTH, M_I},
    {42, BOTH, M_I},
};

enum severity port_severity(int protocol, int begin, int end, bool internet)
{
    enum severity worst = SEVERITY_INFORMATIONAL;
    int of = protocol == 6 ? TCP : protocol == 17 ? UDP : 0;
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        enum severity s = internet ? ports[i].internet : ports[i].elsewhere;
        if ((ports[i].protocols & of) && begin <= ports[i].port && ports[i].port <= end && s < worst)
            worst = s;
    }
    return worst;
}
