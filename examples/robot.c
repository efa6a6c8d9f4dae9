/* Drives a line follower with an evolved controller, twenty times a second.
 *
 *     cd examples
 *     python evolve_robot.py
 *     genesys export champion --output controller.h --name controller
 *     cc -std=c99 -O2 robot.c -o robot -lm && ./robot
 *
 * The robot is simulated here, as in line_follower.py. On a real one, read_sensors and drive are all that changes.
 */
#include <math.h>
#include <stdio.h>

#include "controller.h"

static double x, y, heading, phase;

static double line(double at)
{
    return 0.3 * sin(1.5 * at + phase) + 0.15 * sin(3.1 * at + 2.0 * phase);
}

static void read_sensors(float *seen)
{
    static const double side[3] = {0.06, 0.0, -0.06};
    int k;
    for (k = 0; k < 3; k++) {
        double px = x + 0.12 * cos(heading) - side[k] * sin(heading);
        double py = y + 0.12 * sin(heading) + side[k] * cos(heading);
        double distance = (py - line(px)) / 0.05;
        seen[k] = (float)exp(-distance * distance);
    }
}

static void drive(float steering)
{
    heading += 2.5 * (double)steering * 0.05;
    x += 0.5 * cos(heading) * 0.05;
    y += 0.5 * sin(heading) * 0.05;
}

int main(void)
{
    static controller_state state; /* all the memory that the controller takes beside its tables */
    float seen[CONTROLLER_INPUTS], action[CONTROLLER_ACTIONS];
    int lap, step;
    for (lap = 0; lap < 5; lap++) {
        double off = 0.0;
        phase = 1.3 * lap;
        x = 0.0;
        y = line(0.0) + 0.03;
        heading = 0.1;
        controller_reset(&state);
        for (step = 0; step < 300 && fabs(y - line(x)) <= 0.25; step++) {
            read_sensors(seen);
            controller_act(&state, seen, action);
            drive(action[0]);
            off += fabs(y - line(x));
        }
        printf("lap %d: %d of 300 steps on the line, %.0f mm from it on average\n", lap, step, 1000.0 * off / step);
    }
    return 0;
}
